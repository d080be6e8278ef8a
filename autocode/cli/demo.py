"""`autocode demo`: the whole flow on bundled interviews."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from autocode.cli.adding import plan_additions, store_plan
from autocode.cli.app import app
from autocode.cli.coding import code_project_here
from autocode.cli.project import make_project
from autocode.cli.reading import read_all, warn_of
from autocode.cli.terminal import terminal_of
from autocode.demo import cases as demo_cases
from autocode.demo import transcripts as demo_transcripts
from autocode.errors import AutocodeError
from autocode.files import keep_copy

CODEBOOK = "knowledge_dynamics"


@app.command()
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where the demo project goes.")] = Path("autocode-demo"),
) -> None:
    """Code eight bundled interviews (invented for this purpose) and show what comes out.

    Example: `autocode demo --folder try-out`
    """
    from autocode.codebook import read_codebook
    from autocode.config import read_settings
    from autocode.store import open_project

    terminal = terminal_of(context)
    if not (folder / "autocode.toml").exists():
        make_project(folder, codebook=CODEBOOK, guide=None)
    with open_project(folder, on_wait=terminal.note) as project:
        settings = read_settings(project.settings_path)
        loaded = read_all(terminal, demo_transcripts(), settings=settings, roles={})
        ours, there = {one.transcript.sha256 for one in loaded}, project.store.transcripts()
        codebook = read_codebook(project.codebook_path, allow_empty=True)
        if {one.sha256 for one in there} - ours or (
            not there and codebook.digest != read_codebook(CODEBOOK).digest
        ):
            raise AutocodeError(f"{folder}: is a project of your own; choose another folder with --folder")
        plan = plan_additions(project, loaded, roles={})
        warn_of(terminal, plan.new)
        store_plan(project, plan, roles={})
        keep_copy(demo_cases(), project.folder)
    terminal.note("Eight interviews with two invented firms, in eight file formats, read into a project.")
    code_project_here(terminal, folder, out=folder / "coding", n=2)
    terminal.note(
        "Nobody has accepted a code yet. What the findings would look like: "
        f"autocode report {quote(str(folder))} --include-machine"
    )
    terminal.note(f"The project is {folder}. Your own study starts with: autocode init STUDY")
