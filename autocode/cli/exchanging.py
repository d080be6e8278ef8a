"""`autocode import` and `autocode export`: projects and answers of other programs in, every format out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.answering import take_answers, told
from autocode.cli.app import app
from autocode.cli.terminal import Step, Terminal, counted, shortened, terminal_of
from autocode.exchange.formats import FORMATS, format_named

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
            "(.xlsx, .csv, .pdf: MAXQDA, Dedoose, Taguette), a codebook (.qdc, .csv, .txt), answers from "
            "Label Studio, Argilla or Prodigy (.json, .jsonl), or the folder of a coded dataset."
        ),
    ],
    coder: Annotated[
        list[str] | None,
        typer.Option(
            "--coder",
            help="Whose answers they are: NAME, or 'AS IN THE FILE=NAME' for each of several.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before storing.")] = False,
) -> None:
    """Take another program's project or answers over: texts, codes, and what each coder coded and noted.

    A preview comes first. Importing the same again stores nothing twice. A table of coded segments has no
    texts: its quotes are looked up in the project's transcripts, and rows that are not found are named.

    Example: `autocode import study.qdpx`
    """
    from autocode.errors import ExchangeError
    from autocode.exchange import holds_answers, import_plan, plan_import, read_project
    from autocode.store import open_project

    terminal = terminal_of(context)
    if holds_answers(file):
        take_answers(terminal, file, coder or (), yes=yes)
        return
    if coder:
        raise ExchangeError(f"--coder: {file.name} says itself who coded; leave the option out")
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        plan = plan_import(project, read_project(file, transcripts=project.store.every_transcript))
        for warning in (*plan.opened.warnings, *plan.warnings):
            terminal.warn(f"{file.name}: {warning}")
        if not (terminal.quiet or terminal.json):
            _show(terminal, plan)
        if terminal.interactive and not yes:
            typer.confirm("Store this?", default=True, abort=True)
        with terminal.progress("importing", len(plan.incoming)) as step:
            stored = import_plan(project, plan, on_wait=terminal.note, done=lambda _: step())
    terminal.result(*told(stored), data=_data(stored, plan))


def _list_formats(context: typer.Context, wanted: bool) -> None:
    if wanted:
        from rich.table import Table

        from autocode.exchange.formats import FORMATS

        table = Table("--to", "what it is", "OUT is")
        for one in FORMATS.values():
            table.add_row(one.name, one.what, one.shape)
        data = {one.name: {"what": one.what, "suffix": one.suffix} for one in FORMATS.values()}
        terminal_of(context).result(table, data=data)
        raise typer.Exit


@app.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The file to write, or the folder, as the format has it.")],
    to: Annotated[str, typer.Option("--to", help=f"The format: {', '.join(FORMATS)}.")] = "refi-qda",
    coder: Annotated[
        list[str] | None,
        typer.Option(
            "--coder",
            help="Whose decisions: a coder's name, consensus, everybody or nobody; may be given again.",
        ),
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Only what was decided before a suggestion was seen.")
    ] = False,
    suggestions: Annotated[
        bool | None,
        typer.Option(
            "--suggestions/--no-suggestions",
            help="Also what the machine suggests, in its own name; by itself only refi-qda has it.",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        bool, typer.Option("--names/--without-names", help="Speakers' names, or numbers in their place.")
    ] = True,
    line_ends: Annotated[
        str,
        typer.Option(
            "--line-ends", help="Of refi-qda: lf; crlf (ATLAS.ti, MAXQDA); crlf-as-two (NVivo for Windows)."
        ),
    ] = "lf",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    formats: Annotated[
        bool,
        typer.Option("--formats", help="List the formats and stop.", callback=_list_formats, is_eager=True),
    ] = False,
) -> None:
    """Write the project for other programs: as a whole, as tables, as texts with their codes, or as tasks.

    Example: `autocode export --to quotes-xlsx quotes.xlsx`
    """
    from autocode.config import suggest
    from autocode.errors import ExchangeError
    from autocode.exchange import LINE_ENDS, as_refi, check_place, gather, notes_on, refi_bytes, save
    from autocode.exchange.formats import n_written, written_of
    from autocode.store import open_project

    format, terminal = format_named(to), terminal_of(context)
    chosen = next((one for one in LINE_ENDS if one == line_ends), None)
    if chosen is None:
        near = suggest(line_ends, list(LINE_ENDS))
        raise ExchangeError(f"--line-ends {line_ends}: is none of {', '.join(LINE_ENDS)}{near}")
    check_place(format, out, replace=force)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        choice = format.choice(coder or (), blind=blind, suggestions=suggestions, names=names)
        with terminal.progress("reading", len(project.store.transcripts())) as step:
            gathered = gather(project, choice, done=step)
    files, n_codings = format.files(gathered), n_written(format, gathered)
    if format.name == "refi-qda":
        whole = as_refi(gathered)
        files, n_codings = iter([("", refi_bytes(whole, line_ends=chosen))]), whole.n_codings
    with terminal.progress(f"writing {out.name}", len(gathered.interviews)) as step:
        save(format, stepped(files, step), out, replace=force)
    for note in notes_on(format, gathered):  # after the writing: what cannot be written has one error only
        terminal.warn(note)
    n = {
        "transcripts": len(written_of(format, gathered)), "codes": len(gathered.codebook.codes),
        "codings": n_codings, "memos": sum(map(len, gathered.memos.values())),
        "users": len(gathered.coders),
    }  # fmt: skip
    terminal.result(
        f"{counted(n['transcripts'], 'transcript')}, {counted(n['codes'], 'code')}, "
        f"{counted(n['codings'], 'coding')} of {counted(n['users'], 'coder')} written to {out}",
        data={"written": str(out), "format": format.name, **n},
    )


def stepped(files: Iterator[tuple[str, bytes]], step: Step) -> Iterator[tuple[str, bytes]]:
    """The same files; `step` is called for each."""
    for file in files:
        yield file
        step()


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
