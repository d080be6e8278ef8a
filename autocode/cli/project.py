"""`autocode init`: a project folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.app import app
from autocode.cli.terminal import terminal_of
from autocode.errors import AutocodeError, StoreError

SETTINGS_TOML = """\
# The settings of this project. All of them, with their defaults, are in autocode's configs/default.toml;
# write here only what differs, for example:
#
# [segment]
# unit = "turn"
#
# [speakers]
# "Anna Berg" = "interviewer"
"""
NO_GUIDE = """\
# No interview guide yet. With one, the question that is being answered counts as evidence.
# `autocode init --guide knowledge_dynamics` writes the shipped one as a pattern to follow.
"""


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="The project's folder; made if it is not there.")
    ],
    codebook: Annotated[
        str, typer.Option(help="A codebook file, or the name of a shipped one.")
    ] = "knowledge_dynamics",
    guide: Annotated[
        str | None, typer.Option(help="An interview guide: a file, a shipped one's name, or 'none'.")
    ] = None,
    database_url: Annotated[
        str, typer.Option(help="A PostgreSQL server for a team: postgresql+psycopg://user@host/name.")
    ] = "",
) -> None:
    """Make a project: settings, codebook, interview guide, a folder for transcripts, and a database.

    Example: `autocode init study --codebook knowledge_dynamics`
    """
    terminal = terminal_of(context)
    if not folder.strip():  # as a path it would be the current folder
        raise AutocodeError(
            "the project's folder has an empty name; '.' makes a project of the current folder"
        )
    around = _project_around(Path(folder))
    has_guide = make_project(
        Path(folder), codebook=codebook, guide=guide, database_url=database_url, warn=terminal.warn
    )
    if around is not None:
        terminal.note(f"Note: this project lies inside another one, {around}; they share nothing.")
    terminal.result(
        f"Project made in {folder}",
        f"Look through codebook.yaml{' and guide.yaml' if has_guide else ''}; then, in that folder:",
        "  autocode add FILE...   reads transcripts",
        "  autocode code          suggests codes",
        data={"project": str(Path(folder))},
    )


def _project_around(folder: Path) -> Path | None:
    """The project that `folder` would lie in."""
    from autocode.store import find_project

    try:
        return find_project(folder.absolute().parent)
    except StoreError:
        return None


def make_project(
    folder: Path,
    *,
    codebook: str,
    guide: str | None,
    database_url: str = "",
    warn: Callable[[str], None] = lambda _: None,
) -> bool:
    """A new project with a codebook and, if the shipped one has it, its guide; whether it has a guide.

    `warn` hears what of the codebook's file is not used.
    """
    from autocode.codebook import read_codebook
    from autocode.codebook.yaml_format import write_yaml
    from autocode.config import shipped
    from autocode.errors import CodebookError, GuideError
    from autocode.guide import check_guide, read_guide, shipped_guides, write_guide
    from autocode.store import create_project
    from autocode.textfile import find_file, read_text

    book = read_codebook(codebook)
    if guide is None:
        guide = codebook if codebook in shipped_guides() else "none"
    guide_yaml = NO_GUIDE
    if guide != "none":
        check_guide(read_guide(guide), book)
        questions = find_file(guide, kind="guides", error=GuideError)
        is_yaml = questions.suffix in (".yaml", ".yml")
        guide_yaml = read_text(questions, error=GuideError) if is_yaml else write_guide(read_guide(guide))
    source = find_file(codebook, kind="codebooks", error=CodebookError)
    codebook_yaml = read_text(source, error=CodebookError)  # as it stands, comments included
    beside = "examples_file" in codebook_yaml and source.parent != shipped("configs", "codebooks")
    if beside or source.suffix not in (".yaml", ".yml"):  # the project's copy must stand alone
        codebook_yaml = write_yaml(book)
    settings = SETTINGS_TOML
    if database_url:  # a JSON string is a TOML string
        settings += f"\n[store]\ndatabase_url = {json.dumps(database_url)}\n"
    create_project(
        folder, settings_toml=settings, codebook_yaml=codebook_yaml, guide_yaml=guide_yaml,
        url=database_url or None,
    ).close()  # fmt: skip
    for warning in book.warnings:
        warn(warning)
    return guide != "none"
