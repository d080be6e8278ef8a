"""`autocode add`: transcripts into a project, after a preview."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.reading import HIDDEN, Loaded, Roles, parse_roles, raise_problems, read_all, warn_of
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of

if TYPE_CHECKING:
    from autocode.records import Role, Transcript
    from autocode.store import Project, TranscriptSummary

MOST_SPEAKERS = 12  # in one preview
MOST_NAMES = 5  # files in one note


@dataclass(frozen=True, slots=True)
class Plan:
    """What adding will change."""

    new: list[Loaded] = field(default_factory=list)
    known: dict[str, Transcript] = field(default_factory=dict)  # by id, with the roles as they are stored
    changes: dict[str, dict[str, Role]] = field(default_factory=dict)  # of `known`: speakers with new roles

    @property
    def n_roles(self) -> int:
        """How many stored roles will change."""
        return sum(len(roles) for roles in self.changes.values())


@app.command()
def add(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Transcripts, or folders of them.")],
    speaker: Roles = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before storing.")] = False,
) -> None:
    """Read transcripts into the project, after a preview of speakers, turns, roles and doubts.

    Example: `autocode add interviews/*.docx --speaker "Anna Berg=interviewer"`
    """
    from autocode.config import read_settings
    from autocode.store import open_project

    terminal, roles = terminal_of(context), parse_roles(speaker)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        settings = read_settings(project.settings_path)
        plan = plan_additions(project, read_all(terminal, files, settings=settings, roles=roles), roles=roles)
        show_plan(terminal, plan)
        if terminal.interactive and not yes and (plan.new or plan.changes):
            typer.confirm("Store this?", default=True, abort=True)
        store_plan(project, plan, roles=roles)
    known = len(plan.known)
    parts = [f"{counted(len(plan.new), 'transcript')} added."]
    parts += [f"{known} {'was' if known == 1 else 'were'} there already."] if known else []
    parts += [f"{counted(plan.n_roles, 'role')} changed."] if plan.changes else []
    following = ["Next: autocode code"] if plan.new or plan.changes else []
    data = {
        "added": [one.transcript.id for one in plan.new],
        "known": known,
        "roles_changed": plan.n_roles,
    }
    terminal.result(" ".join(parts), *following, data=data)


def plan_additions(project: Project, loaded: Sequence[Loaded], *, roles: Mapping[str, Role]) -> Plan:
    """What is new and what is there already. Raises all that stands in the way at once, with the files."""
    from autocode.batch import role_changes

    plan, problems = Plan(), list[str]()
    summaries = project.store.transcripts()
    first_with: dict[tuple[str, str], Loaded] = {}
    for one in loaded:
        stored = _same_content(project, summaries, one.transcript)
        first = first_with.setdefault((one.transcript.sha256, one.transcript.text), one)
        kept = one.path.resolve().parent == project.transcripts_path.resolve()  # the project's own copy
        problem = _problem(one, stored, first, {summary.id for summary in summaries}, kept=kept)
        if problem is not None:
            problems.append(problem)
        elif stored is None:
            plan.new.append(one)
        else:
            plan.known[stored.id] = stored
            if changed := role_changes(stored.speakers, roles):
                plan.changes[stored.id] = changed
    raise_problems(problems)
    return plan


def _same_content(
    project: Project, summaries: Iterable[TranscriptSummary], transcript: Transcript
) -> Transcript | None:
    """What the project holds of the same file with the same text, under whatever id."""
    same_file = (summary for summary in summaries if summary.sha256 == transcript.sha256)
    for summary in sorted(same_file, key=lambda one: one.id != transcript.id):  # a file may hold many
        stored = project.store.transcript(summary.id)
        if stored.text == transcript.text:
            return stored
    return None


def _problem(
    one: Loaded, stored: Transcript | None, first: Loaded, ids: set[str], *, kept: bool
) -> str | None:
    """Why a transcript can not be added: a sentence that names its file, and what would do."""
    from autocode.batch import without_respondent

    transcript = one.transcript
    if stored is not None:
        if kept or transcript.id == stored.id or transcript.source == stored.source:
            return None
        return f"{one.path}: has the same content as '{stored.id}', which is in the project; leave it out"
    if first is not one:
        return f"{one.path}: has the same content as {first.path}; leave one of them out"
    if transcript.id in ids:
        return (
            f"{one.path}: the project has a transcript '{transcript.id}' with other content; "
            f"'autocode remove {transcript.id}' makes room for this one, or give this one another name"
        )
    return without_respondent(transcript, name=str(one.path))


def store_plan(project: Project, plan: Plan, *, roles: Mapping[str, Role]) -> None:
    """Add what is new, all or nothing, with copies of the files; roles given by hand are kept as such."""
    from autocode.batch import same_name
    from autocode.files import keep_copy

    copies: list[Path] = []
    added: list[str] = []
    try:
        for path in dict.fromkeys(one.path for one in plan.new):
            copy, is_new = keep_copy(path, project.transcripts_path)
            copies += [copy] if is_new else []
        for one in plan.new:
            project.store.add_transcript(one.transcript)
            added.append(one.transcript.id)
    except BaseException:
        for transcript_id in added:
            project.store.remove_transcript(transcript_id)
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise
    given = {same_name(name): role for name, role in roles.items()}
    here = {one.transcript.id: one.transcript for one in plan.new} | plan.known
    for transcript in here.values():
        for speaker in transcript.speakers:
            if same_name(speaker) in given:
                project.store.set_role(transcript.id, speaker, given[same_name(speaker)])


def show_plan(terminal: Terminal, plan: Plan) -> None:
    """A preview of each transcript with the doubts about it; where nobody looks, only the doubts."""
    silent = terminal.quiet or terminal.json
    by_path: dict[Path, list[Loaded]] = {}
    for one in plan.new:
        by_path.setdefault(one.path, []).append(one)
    for loaded in by_path.values():
        if not silent:
            terminal.show(*(part for one in loaded for part in _preview(one.transcript)))
        warn_of(terminal, loaded)
        if not silent:
            terminal.show("")
    if silent:
        return
    for transcript_id, stored in plan.known.items():
        changed = plan.changes.get(transcript_id, {})
        turns = tuple(replace(turn, role=changed.get(turn.speaker, turn.role)) for turn in stored.turns)
        terminal.show(*_preview(replace(stored, turns=turns), note=", in the project already"), "")
    terminal.note('Is a role wrong? Add the files with --speaker "NAME=interviewer" (or respondent, other).')


def _preview(transcript: Transcript, *, note: str = "") -> list[Any]:
    """Speakers, roles and the first turns."""
    from rich.table import Table
    from rich.text import Text

    from autocode.read import preview

    seen = preview(transcript, n_turns=4)
    title = f"{seen.id}: {counted(seen.n_turns, 'turn')}, read as {seen.format}{note}"
    table = Table(title=Text(title), title_justify="left")
    for column in ("speaker", "role"):
        table.add_column(column)
    for column in ("turns", "words", "questions"):
        table.add_column(column, justify="right")
    for one in seen.speakers[:MOST_SPEAKERS]:
        table.add_row(Text(one.name), one.role, str(one.n_turns), str(one.n_words), str(one.n_questions))
    if len(seen.speakers) > MOST_SPEAKERS:
        table.add_row(f"and {len(seen.speakers) - MOST_SPEAKERS} more", "", "", "", "")
    return [table, *(f"  {turn.speaker}: {shortened(turn.text, 90)}" for turn in seen.turns)]


def not_added(project: Project) -> list[Path]:
    """Files in the project's folder for transcripts that nobody added, or that were edited since."""
    from autocode.read import readable

    known = {summary.sha256 for summary in project.store.transcripts()}
    found: list[Path] = []
    try:
        for path in sorted(project.transcripts_path.iterdir()):
            if path.is_file() and readable(path) and not path.name.startswith(HIDDEN):
                with path.open("rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() not in known:
                        found.append(path)
    except OSError:  # this is a service, not what was asked for
        return []
    return found


def tell_of_files(files: Sequence[Path], folder: Path, ids: Collection[str]) -> str:
    """A note on files that were not added, and the command that does; empty without any. `ids` are those of
    the project's transcripts.
    """
    if not files:
        return ""
    if other := next((path for path in files if path.stem in ids), None):
        rest = tell_of_files([path for path in files if path != other], folder, ids)
        return (
            f"{folder.name}/{other.name} is another text than the transcript '{other.stem}' of the project: "
            f"delete it if it is an earlier version, or 'autocode remove {other.stem}' first"
            + (f". {rest}" if rest else "")
        )
    names = ", ".join(path.name for path in files[:MOST_NAMES])
    more = f" and {len(files) - MOST_NAMES} more" if len(files) > MOST_NAMES else ""
    are, them = ("is", "it") if len(files) == 1 else ("are", "them")
    return (
        f"{counted(len(files), 'file')} in {folder.name}/ {are} not in the project ({names}{more}); "
        f"'autocode add {os.path.relpath(folder)}' adds {them}"
    )
