"""Every coded quote as a row of a table: what was said around it, by whom, its codes, and who gave them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC

from autocode.exchange.gathered import CONSENSUS, MACHINE, Gathered, Interview, Placed, overlapped
from autocode.records import Turn, Utterance
from autocode.write import harmless, printable, review_link
from autocode.xmlfile import xml_text

COLUMNS = (
    "transcript", "respondent", "role", "start", "question", "before", "quote", "after", "codes", "coder",
    "given_by", "blind", "decided_at", "probability", "start_char", "end_char", "link",
)  # fmt: skip
CONTEXT = 300  # characters of the turn before and after a quote
MOST_IN_CELL = 32_767  # characters, in Excel
NUMBERS = ("start_char", "end_char")
WIDTHS = {"question": 40, "before": 40, "quote": 60, "after": 40, "codes": 30, "link": 30}


def csv_file(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """The table as CSV: UTF-8, a comma between cells, no cell a formula."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(gathered))
    yield "", table.getvalue().encode("utf-8", "replace")


def xlsx_file(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """The table as a workbook with a head that stays, and a filter."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    book.properties.creator = "autocode"
    sheet = book.create_sheet("Quotes")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(name, 14)

    bold, wrapped = Font(bold=True), WriteOnlyCell(sheet)
    wrapped.alignment = Alignment(vertical="top", wrap_text=True)
    top = wrapped._style  # type: ignore[attr-defined]

    def cell(text: str, *, head: bool, wide: bool, number: bool) -> object:
        text = xml_text(text)[:MOST_IN_CELL]
        if not text:
            return None
        if number and not head:
            return int(text)
        if not (head or wide or text[0] in "=#"):  # neither a form of its own, nor a formula or an error
            return text
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # whatever it begins with
        if head:
            made.font = bold
        elif wide:
            made._style = top  # type: ignore[attr-defined]  # an alignment for every cell takes long
        return made

    rows = [list(COLUMNS), *_rows(gathered)]
    for number, row in enumerate(rows):
        sheet.append(
            cell(text, head=number == 0, wide=name in WIDTHS, number=name in NUMBERS)
            for name, text in zip(COLUMNS, row, strict=True)
        )
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(rows)}"
    content = io.BytesIO()
    book.save(content)
    yield "", content.getvalue()


def _rows(gathered: Gathered) -> Iterator[list[str]]:
    """One row for each quote and coder, transcript by transcript."""
    for interview in gathered.interviews:
        grouped: dict[tuple[tuple[int, int], str], list[Placed]] = {}
        for one in gathered.current(interview):
            grouped.setdefault((one.place, one.coder), []).append(one)
        utterances = [unit.utterance for unit in interview.units]
        for codes in grouped.values():
            cells = _cells(gathered, interview, utterances, codes)
            yield [harmless(printable(cells[name])) for name in COLUMNS]


def _cells(
    gathered: Gathered, interview: Interview, utterances: list[Utterance], codes: list[Placed]
) -> dict[str, str]:  # fmt: skip
    transcript, (first, *_) = interview.transcript, codes
    start, end = first.place
    inside = [utterances[n] for n in overlapped(utterances, transcript.text, first.place)]
    turns = transcript.turns
    turn = turns[inside[0].turn_index] if inside else None
    last = turns[inside[-1].turn_index] if inside else None
    at = [one.at for one in codes if one.at is not None]
    by = {MACHINE: "machine", CONSENSUS: "agreement"}
    probabilities = [_number(one) for one in codes]
    return {
        "transcript": transcript.id,
        "respondent": turn.speaker if turn else "",
        "role": turn.role if turn else "",
        "start": clock(inside[0].start_s) if inside else "",
        "question": _asked_before(turns, turn) if turn else "",
        "before": _shortened(transcript.text[turn.start_char : start], keep_end=True) if turn else "",
        "quote": transcript.text[start:end],
        "after": _shortened(transcript.text[end : last.end_char]) if last else "",
        "codes": "; ".join(gathered.codebook.path(one.code) for one in codes),
        "coder": first.coder,
        "given_by": by.get(first.coder, "person"),
        "blind": "" if first.coder in by else "yes" if all(one.blind for one in codes) else "no",
        "decided_at": max(at).astimezone(UTC).isoformat(timespec="seconds") if at else "",
        "probability": "; ".join(probabilities) if any(probabilities) else "",
        "start_char": str(start),
        "end_char": str(end),
        "link": review_link(inside[0].id) if inside and gathered.choice.names else "",
    }


def _number(one: Placed) -> str:
    probability = one.suggestion.probability if one.suggestion is not None else None
    return "" if probability is None else f"{probability:.2f}"


def _asked_before(turns: tuple[Turn, ...], turn: Turn) -> str:
    """The last thing that somebody else said before the turn."""
    others = (one for one in reversed(turns[: turn.index]) if one.speaker != turn.speaker)
    return next((one.text for one in others), "")


def _shortened(text: str, *, keep_end: bool = False) -> str:
    """At most `CONTEXT` characters of the text, whole words, the nearest to the quote."""
    flat = " ".join(text.split())
    if len(flat) <= CONTEXT:
        return flat
    return f"…{flat[-CONTEXT:].partition(' ')[2]}" if keep_end else f"{flat[:CONTEXT].rpartition(' ')[0]}…"


def clock(seconds: float | None) -> str:
    """`0:01:02`; nothing where there is no time."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
