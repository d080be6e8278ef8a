"""`autocode status` and `autocode remove`: what a project holds, and out with some of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.adding import not_added, tell_of_files
from autocode.cli.app import app
from autocode.cli.reading import raise_problems
from autocode.cli.terminal import counted, terminal_of

if TYPE_CHECKING:
    from autocode.pipeline import Coder
    from autocode.store import Project


@app.command()
def status(context: typer.Context) -> None:
    """Show the project's transcripts, whether each is coded with the present settings, and the last run.

    Example: `autocode status`
    """
    from autocode.cli.coding import coder_of
    from autocode.learn.live import POOL
    from autocode.store import open_project

    terminal = terminal_of(context)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        coder = coder_of(terminal, project)
        transcripts = _transcripts(project, coder)
        codebook, run = _codebook(project, coder), _last_run(project)
        forgotten = not_added(project)
        data = {
            "project": str(project.folder),
            "codebook": codebook,
            "transcripts": transcripts,
            "last_run": run,
            "not_added": [path.name for path in forgotten],
        }
        ids = {one.id for one in project.store.transcripts()}
        note = tell_of_files(forgotten, project.transcripts_path, ids)
    coded = sum(one["coded"] for one in transcripts)
    codable = sum(one["codable"] or 0 for one in transcripts)
    version = f"version {codebook['version']}" if codebook["version"] else "not coded with yet"
    lines = [
        f"Project {data['project']}",
        f"Codebook: {codebook['name']}, {counted(codebook['n_codes'], 'code')}, {version}.",
        f"Last run: {run['status']}, begun {run['started_at']} (UTC)." if run else "Last run: none yet.",
        f"{counted(len(transcripts), 'transcript')}, {coded} coded with the present settings.",
    ]
    if codable > POOL:
        lines.append(
            f"On the review page suggestions follow what is decided in about {POOL:,} of {codable:,} "
            "utterances; 'autocode train' and 'autocode code' bring it to all of them."
        )
    table = [_table(transcripts)] if transcripts else []
    terminal.result(*table, *lines, *([note] if note else []), data=data)


def _transcripts(project: Project, coder: Coder) -> list[dict[str, Any]]:
    """Each transcript with its speakers' roles and the number of its coded utterances, by id."""
    from autocode.batch import role_changes

    done, key = project.store.done(coder.run_key), coder.run_key
    rows: list[dict[str, Any]] = []
    for summary in project.store.transcripts():
        changes = role_changes(summary.speakers, coder.settings.speakers)
        coded = summary.id in done and not changes
        utterances = project.store.coding(key, summary.id).utterances if coded else ()
        rows.append(
            {
                "id": summary.id,
                "source": summary.source,
                "turns": summary.n_turns,
                "speakers": {**summary.speakers, **changes},
                "coded": coded,
                "codable": sum(utterance.codable for utterance in utterances) if coded else None,
            }
        )
    return rows


def _codebook(project: Project, coder: Coder) -> dict[str, Any]:
    book = coder.codebook
    numbers = {one.digest: one.number for one in project.store.codebooks()}
    return {
        "name": book.name,
        "n_codes": len(book.codes),
        "digest": book.digest,
        "version": numbers.get(book.digest),
    }


def _last_run(project: Project) -> dict[str, Any] | None:
    run = project.store.latest_run()
    if run is None:
        return None
    return {
        "id": run.id,
        "status": run.status,
        "started_at": run.started_at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00"),
        "counts": dict(run.counts),
    }


def _table(transcripts: list[dict[str, Any]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for column in ("transcript", "speakers"):
        table.add_column(column, overflow="fold")
    table.add_column("turns", justify="right")
    table.add_column("coded")
    for one in transcripts:
        speakers = ", ".join(f"{name} ({role})" for name, role in one["speakers"].items())
        silent = "respondent" not in one["speakers"].values()
        coded = counted(one["codable"], "utterance") if one["coded"] else "not yet"
        table.add_row(
            Text(one["id"]), Text(speakers), str(one["turns"]), "no respondent" if silent else coded
        )
    return table


@app.command()
def remove(
    context: typer.Context,
    transcripts: Annotated[
        list[str], typer.Argument(metavar="TRANSCRIPT...", help="Ids, as `autocode status` shows them.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before removing.")] = False,
    with_decisions: Annotated[
        bool, typer.Option("--with-decisions", help="Also what coders decided and wrote on them.")
    ] = False,
) -> None:
    """Take transcripts and all that was made of them out of the project's database.

    Their files, also the copies in transcripts/, stay. Example: `autocode remove anna --yes`
    """
    from autocode.config import suggest
    from autocode.store import open_project

    terminal = terminal_of(context)
    wanted = list(dict.fromkeys(transcripts))
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        known = [summary.id for summary in project.store.transcripts()]
        raise_problems(
            [f"{i}: no such transcript in the project{suggest(i, known)}" for i in wanted if i not in known]
        )
        if terminal.interactive and not yes:
            typer.confirm(f"Remove {', '.join(wanted)} and the codings?", default=False, abort=True)
        with project.lock(on_wait=terminal.note):
            project.store.remove_transcript(*wanted, with_decisions=with_decisions)
        left = [path for path in not_added(project) if path.is_file()]
    terminal.result(f"{counted(len(wanted), 'transcript')} removed.", data={"removed": wanted})
    if left:
        names = ", ".join(path.name for path in left[:5])
        terminal.note(f"Files in {left[0].parent.name}/ that belong to no transcript stay: {names}")
