"""`autocode review`: the page on which people decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocode.cli.app import app
from autocode.cli.terminal import terminal_of

if TYPE_CHECKING:
    from autocode.cli.terminal import Terminal
    from autocode.store import Project


@app.command()
def review(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="The address to listen on. Another than 127.0.0.1 needs passphrases.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port. Without: 8710, or the next that is free.")
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", help="Sign in as this coder, without the passphrase.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the link and leave the browser alone.")
    ] = False,
    no_learning: Annotated[
        bool, typer.Option("--no-learning", help="Leave the suggestions as 'autocode code' made them.")
    ] = False,
) -> None:
    """Decide on the suggested codes, on a page in your browser; Ctrl-C ends it.

    The page is served on this computer only. What is not coded yet is coded first.

    Example: `autocode review`
    """
    from autocode.store import open_project
    from autocode.web import serve
    from autocode.web.serve import LOOPBACK

    terminal = terminal_of(context)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        _code_what_is_new(terminal, project)

        def ready(link: str) -> None:
            if host not in LOOPBACK:
                terminal.warn(
                    f"--host {host}: everybody in this network can reach the page and try to sign in, and "
                    "the connection is not encrypted; use it only in a network that you trust"
                )
            terminal.result(f"The review page is open at {link}", "Ctrl-C ends it; every decision is stored "
                            "when the page says so.", data={"link": link})  # fmt: skip
            if not no_browser:
                import webbrowser

                webbrowser.open(link)

        serve(project, host=host, port=port, sign_in_as=as_, learn=not no_learning, ready=ready)
    terminal.note("Ended; every decision is stored.")


def _code_what_is_new(terminal: Terminal, project: Project) -> None:
    from autocode.cli.coding import code_new, coder_of
    from autocode.errors import AutocodeError

    n_transcripts = len(project.store.transcripts())
    if not n_transcripts:
        raise AutocodeError(f"{project.folder}: no transcripts yet; 'autocode add FILE...' adds some")
    coder = coder_of(terminal, project)
    if len(project.store.done(coder.run_key)) < n_transcripts:
        code_new(terminal, project, coder, n_transcripts)
