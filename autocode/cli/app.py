"""The application: its commands, its common options, and how mistakes are told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from autocode import __version__
from autocode.cli.terminal import Terminal
from autocode.errors import AutocodeError

app = typer.Typer(
    name="autocode",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"autocode {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Codes interview transcripts against your codebook, on your own computer, offline.

    Start with `autocode demo`, or with `autocode init STUDY` for a project of your own.
    """
    context.obj = Terminal(quiet=quiet, json=json)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and tell a user's mistake in one sentence on stderr."""
    import autocode.cli.codebook
    import autocode.cli.coding
    import autocode.cli.demo
    import autocode.cli.project  # noqa: F401  # each module adds its commands

    try:
        code = app(list(arguments), standalone_mode=False)
    except AutocodeError as error:
        return _tell(str(error))
    except KeyboardInterrupt:
        _tell("interrupted; what was finished is kept")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if (told := _usage_error(error)) is not None:
            return told
        raise
    return code if isinstance(code, int) else 0


def _usage_error(error: Exception) -> int | None:
    """Typer's own errors (an unknown option, a missing argument), told as it does: usage, then one line."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if show is None or code is None:
        return None
    show()
    return int(code)


def _tell(sentence: str) -> int:
    print(f"autocode: {sentence}", file=sys.stderr)
    return 2
