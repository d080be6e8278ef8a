"""`autocode init` and `autocode add`: a project folder and its transcripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.coding import Roles, parse_roles, read_all
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of

if TYPE_CHECKING:
    from autocode.records import Role, Transcript

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
    folder: Annotated[Path, typer.Argument(help="The project's folder; made if it is not there.")],
    codebook: Annotated[
        str, typer.Option(help="A codebook file, or the name of a shipped one.")
    ] = "knowledge_dynamics",
    guide: Annotated[
        str | None, typer.Option(help="An interview guide: a file, a shipped one's name, or 'none'.")
    ] = None,
) -> None:
    """Make a project: settings, codebook, interview guide, a folder for transcripts, and a database.

    Example: `autocode init study --codebook knowledge_dynamics`
    """
    make_project(folder, codebook=codebook, guide=guide)
    terminal_of(context).result(
        f"Project made in {folder}",
        "Look through codebook.yaml and guide.yaml; then, in that folder:",
        "  autocode add FILE...   reads transcripts",
        "  autocode code          suggests codes",
        data={"project": str(folder)},
    )


def make_project(folder: Path, *, codebook: str, guide: str | None) -> None:
    """A new project with a codebook and, if the shipped one has it, its guide."""
    from autocode.codebook import read_codebook
    from autocode.codebook.yaml_format import write_yaml
    from autocode.config import shipped
    from autocode.errors import CodebookError, GuideError
    from autocode.guide import check_guide, read_guide, shipped_guides
    from autocode.store import create_project
    from autocode.textfile import find_file, read_text

    book = read_codebook(codebook)
    if guide is None:
        guide = codebook if codebook in shipped_guides() else "none"
    guide_yaml = NO_GUIDE
    if guide != "none":
        check_guide(read_guide(guide), book)
        guide_yaml = read_text(find_file(guide, kind="guides", error=GuideError), error=GuideError)
    source = find_file(codebook, kind="codebooks", error=CodebookError)
    codebook_yaml = read_text(source, error=CodebookError)  # as it stands, comments included
    beside = "examples_file" in codebook_yaml and source.parent != shipped("configs", "codebooks")
    if beside or source.suffix not in (".yaml", ".yml"):  # the project's copy must stand alone
        codebook_yaml = write_yaml(book)
    create_project(
        folder, settings_toml=SETTINGS_TOML, codebook_yaml=codebook_yaml, guide_yaml=guide_yaml
    ).close()


@app.command()
def add(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Transcripts, or folders of them.")],
    speaker: Roles = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before storing.")] = False,
) -> None:
    """Read transcripts into the project, after a preview of speakers, turns, roles and doubts.

    Example: `autocode add interviews/*.docx --speaker 'Anna Berg=interviewer'`
    """
    from autocode.config import read_settings
    from autocode.store import open_project

    terminal, roles = terminal_of(context), parse_roles(speaker)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        settings = read_settings(project.settings_path)
        transcripts = read_all(terminal, files, settings=settings, roles=roles)
        if not terminal.quiet and not terminal.json:
            show_preview(terminal, transcripts)
        if terminal.interactive and not yes:
            typer.confirm("Store these transcripts?", default=True, abort=True)
        added = store_transcripts(project, transcripts, roles=roles)
    known = len(transcripts) - len(added)
    were = "was" if known == 1 else "were"
    parts = [
        f"{counted(len(added), 'transcript')} added." + (f" {known} {were} there already." if known else "")
    ]
    if added:
        parts.append("Next: autocode code")
    terminal.result(*parts, data={"added": added, "known": known})


def store_transcripts(
    project: Any, transcripts: Sequence[Transcript], *, roles: Mapping[str, Role]
) -> list[str]:
    """Check all, then add those that are new; the ids of those. Roles given by hand are kept as such."""
    from autocode.batch import check_respondents, same_name

    check_respondents(transcripts)
    added: list[str] = []
    try:
        added += (t.id for t in transcripts if project.store.add_transcript(t))
    except BaseException:
        for transcript_id in added:  # all of the files or none
            project.store.remove_transcript(transcript_id)
        raise
    given = {same_name(name): role for name, role in roles.items()}
    for transcript in transcripts:
        for speaker in transcript.speakers:
            if same_name(speaker) in given:
                project.store.set_role(transcript.id, speaker, given[same_name(speaker)])
    return added


def show_preview(terminal: Terminal, transcripts: Sequence[Transcript]) -> None:
    """Speakers, roles and the first turns of each transcript."""
    from rich.table import Table
    from rich.text import Text

    from autocode.read import preview

    for transcript in transcripts:
        seen = preview(transcript, n_turns=4)
        table = Table(
            title=Text(f"{seen.id}: {seen.n_turns} turns, read as {seen.format}"), title_justify="left"
        )
        for column in ("speaker", "role"):
            table.add_column(column)
        for column in ("turns", "words", "questions"):
            table.add_column(column, justify="right")
        for one in seen.speakers[:12]:
            counts = (str(one.n_turns), str(one.n_words), str(one.n_questions))
            table.add_row(Text(one.name), one.role, *counts)
        if len(seen.speakers) > 12:
            table.add_row(f"and {len(seen.speakers) - 12} more", "", "", "", "")
        first = [f"  {turn.speaker}: {shortened(turn.text, 90)}" for turn in seen.turns]
        terminal.show(table, *first, "")
    terminal.note("Is a role wrong? Add the files with --speaker 'NAME=interviewer' (or respondent, other).")
