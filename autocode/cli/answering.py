"""`autocode import` of answers that come back from annotation tools, and of coded datasets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autocode.cli.terminal import Terminal, counted, shortened

if TYPE_CHECKING:
    from autocode.exchange import AnswersPlan, Stored


def take_answers(terminal: Terminal, file: Path, coders: Sequence[str], *, yes: bool) -> None:
    """Show what is new of a file's answers, and store it."""
    from dataclasses import asdict

    from autocode.exchange import import_answers, name_coders, plan_answers, read_answers
    from autocode.store import open_project

    answers = read_answers(file)
    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        plan = plan_answers(project, answers, coders=name_coders(answers, coders))
        for warning in plan.warnings:
            terminal.warn(f"{file.name}: {warning}")
        if not (terminal.quiet or terminal.json):
            _show(terminal, plan)
        if terminal.interactive and not yes:
            typer.confirm("Store this?", default=True, abort=True)
        n_transcripts = len({one.transcript_id for one in plan.said})
        with terminal.progress("importing", n_transcripts) as step:
            stored = import_answers(project, plan, on_wait=terminal.note, done=lambda _: step())
    data = {"stored": asdict(stored), "format": answers.format, "known": plan.n_known}
    terminal.result(*told(stored), data={**data, "warnings": list(plan.warnings)})


def _show(terminal: Terminal, plan: AnswersPlan) -> None:
    """What would be stored: a table of the coders, and the first answers."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"{plan.answers.path.name}, {plan.answers.format}"), title_justify="left")
    for column in ("in the file", "becomes"):
        table.add_column(column)
    for column in ("answers", "new"):
        table.add_column(column, justify="right")
    new, given = plan.of_coder(), [one.coder for one in plan.answers.answers]
    for name, coder in plan.coders.items():
        becomes = f"{coder} (new)" if coder in plan.new_coders else coder
        table.add_row(
            Text(name or "(unnamed)"), Text(becomes), str(given.count(name)), str(new.get(coder, 0))
        )
    terminal.show(table)
    terminal.show(
        f"{counted(len(plan.said), 'utterance')} with {counted(plan.n_decisions, 'decision')} would be "
        f"stored; {plan.n_known} known already."
    )
    if plan.transcripts:
        terminal.show(f"Transcripts: {counted(len(plan.transcripts), 'new one')}.")
    if plan.new_codes:
        terminal.show(f"Codes: {len(plan.new_codes)} new ({', '.join(plan.new_codes)}).")
    terminal.show(*(f"  {who}: “{shortened(text, 70)}”: {codes}" for who, text, codes in plan.quotes))


def told(stored: Stored) -> list[str]:
    """What was stored, in sentences."""
    if stored.nothing:
        return ["Nothing new: all of it was there already."]
    parts = [
        counted(n, noun)
        for n, noun in (
            (stored.transcripts, "transcript"), (stored.codes, "code"), (stored.coders, "coder"),
            (stored.decisions, "decision"), (stored.spans, "span"), (stored.memos, "memo"),
            (stored.finished, "finished utterance"),
        )
        if n
    ]  # fmt: skip
    return [f"Stored: {', '.join(parts)}.", "Next: autocode code"]
