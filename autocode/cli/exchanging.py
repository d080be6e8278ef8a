"""`autocode import` and `autocode export`: projects of NVivo, ATLAS.ti, MAXQDA, QualCoder and their like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of

if TYPE_CHECKING:
    from autocode.exchange import Plan, Stored

MOST_NAMED = 12  # rows of one table, or names in one line


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="REFI-QDA (.qdpx, .qde: NVivo, ATLAS.ti, MAXQDA ...), a QualCoder project (its .qda "
            "folder, data.qda, or a .zip of it), a Taguette project (.sqlite3), a table of coded segments "
            "(.xlsx, .csv, .pdf: MAXQDA, Dedoose, Taguette), or a codebook (.qdc, .csv, .txt)."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before storing.")] = False,
) -> None:
    """Take another program's project over: texts, codes, and what each coder coded and noted.

    A preview comes first. Importing the same again stores nothing twice. A table of coded segments has no
    texts: its quotes are looked up in the project's transcripts, and rows that are not found are named.

    Example: `autocode import study.qdpx`
    """
    from autocode.exchange import import_plan, plan_import, read_project
    from autocode.store import open_project

    terminal = terminal_of(context)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        store = project.store
        known = lambda: (store.transcript(one.id) for one in store.transcripts())  # noqa: E731
        plan = plan_import(project, read_project(file, transcripts=known))
        for warning in (*plan.opened.warnings, *plan.warnings):
            terminal.warn(f"{file.name}: {warning}")
        if not (terminal.quiet or terminal.json):
            _show(terminal, plan)
        if terminal.interactive and not yes:
            typer.confirm("Store this?", default=True, abort=True)
        with terminal.progress("importing", len(plan.incoming)) as step:
            stored = import_plan(project, plan, on_wait=terminal.note, done=lambda _: step())
    terminal.result(*_told(stored), data=_data(stored, plan))


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write, for example study.qdpx.")],
    to: Annotated[str, typer.Option("--to", help="The format: refi-qda.")] = "refi-qda",
    line_ends: Annotated[
        str,
        typer.Option("--line-ends", help="lf; crlf (ATLAS.ti, MAXQDA); crlf-as-two (NVivo for Windows)."),
    ] = "lf",
    suggestions: Annotated[
        bool,
        typer.Option(
            "--suggestions/--no-suggestions", help="Also what the machine suggests, in its own name."
        ),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write the whole project for other programs: texts, speakers, codes, codings of every coder, memos.

    Example: `autocode export --to refi-qda study.qdpx`
    """
    from autocode.config import suggest
    from autocode.errors import ExchangeError
    from autocode.exchange import LINE_ENDS, to_refi, write_refi
    from autocode.store import open_project

    if to != "refi-qda":
        raise ExchangeError(f"--to {to}: no such format{suggest(to, ['refi-qda'])}; refi-qda can be written")
    chosen = next((one for one in LINE_ENDS if one == line_ends), None)
    if chosen is None:
        near = suggest(line_ends, list(LINE_ENDS))
        raise ExchangeError(f"--line-ends {line_ends}: is none of {', '.join(LINE_ENDS)}{near}")
    if file.exists() and not force:
        raise ExchangeError(f"{file}: is there already; --force replaces it")
    terminal = terminal_of(context)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        written = to_refi(project, suggestions=suggestions)
        write_refi(written, file, line_ends=chosen)
    n = {
        "transcripts": len(written.sources), "codes": len(written.codes), "codings": written.n_codings,
        "memos": len(written.memos), "users": len(written.users),
    }  # fmt: skip
    terminal.result(
        f"{counted(n['transcripts'], 'transcript')}, {counted(n['codes'], 'code')}, "
        f"{counted(n['codings'], 'coding')} of {counted(n['users'], 'user')} "
        f"and {counted(n['memos'], 'memo')} written to {file}",
        data={"written": str(file), **n},
    )


def _show(terminal: Terminal, plan: Plan) -> None:
    """What would be stored: a table of the texts, the codes, the coders, and the first quotes."""
    from rich.table import Table
    from rich.text import Text

    from autocode.exchange import quotes

    project = plan.opened.project
    title = f"{project.name or plan.opened.path.name}, written by {project.origin or 'an unknown program'}"
    table = Table(title=Text(title), title_justify="left")
    for column in ("text", "becomes"):
        table.add_column(column)
    for column in ("turns", "speakers", "codings"):
        table.add_column(column, justify="right")
    for one in plan.incoming[:MOST_NAMED]:
        turns, speakers = len(one.transcript.turns), len(one.transcript.speakers)
        becomes = one.transcript.id if one.is_new else f"{one.transcript.id} (there already)"
        table.add_row(Text(one.source.name), Text(becomes), str(turns), str(speakers), str(one.n_codings))
    if len(plan.incoming) > MOST_NAMED:
        table.add_row(f"and {len(plan.incoming) - MOST_NAMED} more", "", "", "", "")
    terminal.show(table)
    new, known = plan.new_codes, len(plan.code_ids) - len(plan.new_codes)
    terminal.show(f"Codes: {len(new)} new{_names([plan.codebook[id].name for id in new])}; {known} known.")
    names = list(plan.coders.values())
    roles = [f"{name} (new)" if name in plan.new_coders else name for name in names]
    terminal.show(f"Coders: {', '.join(roles[:MOST_NAMED]) or 'nobody'}.")
    if plan.n_machine:
        terminal.show(f"{counted(plan.n_machine, 'suggestion')} of the machine: not taken over.")
    found = quotes(project)
    terminal.show(*(["The first quotes; do they begin and end where they should?"] if found else []))
    terminal.show(*(f"  {name}: “{shortened(quote, 90)}”" for name, quote in found))


def _names(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f" ({', '.join(names[:MOST_NAMED])}{more})"


def _told(stored: Stored) -> list[str]:
    if stored.nothing:
        return ["Nothing new: all of it was there already."]
    parts = [
        counted(n, noun)
        for n, noun in (
            (stored.transcripts, "transcript"), (stored.codes, "code"), (stored.coders, "coder"),
            (stored.decisions, "decision"), (stored.spans, "span"), (stored.memos, "memo"),
        )
        if n
    ]  # fmt: skip
    return [f"Stored: {', '.join(parts)}.", "Next: autocode code"]


def _data(stored: Stored, plan: Plan) -> dict[str, Any]:
    from dataclasses import asdict

    calibration = plan.opened.calibration
    return {
        "stored": asdict(stored),
        "warnings": [*plan.opened.warnings, *plan.warnings],
        "positions": {
            **asdict(calibration.rule),
            "decided_by": calibration.decided_by,
            "doubtful": calibration.doubtful,
        },
    }
