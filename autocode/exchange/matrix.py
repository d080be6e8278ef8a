"""Utterances by codes for statistics: 1 applies, 0 does not, empty: the coder has not said.

One row for each utterance and coder who has looked at it; `matrix.sps` opens it in SPSS with its labels.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from autocode import __version__
from autocode.codebook.qdc_format import free_id
from autocode.exchange.gathered import MACHINE, Gathered, Unit
from autocode.write import harmless, printable

ABOUT = ("utterance", "transcript", "speaker", "role", "coder")
_RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}  # in SPSS
LONGEST, LONGEST_LABEL = 60, 250  # bytes, in SPSS
MOST_WIDTH = 32_767


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """`matrix.csv`, `labels.csv` (what each variable is) and `matrix.sps`."""
    book = gathered.codebook
    names = variable_names(book.ids)
    rows = list(_rows(gathered))
    yield "matrix.csv", _csv([[*ABOUT, *names.values()], *rows])
    labels = [[name, harmless(id), harmless(book.path(id))] for id, name in names.items()]
    yield "labels.csv", _csv([["variable", "code", "label"], *labels])
    widths = [
        max((len(row[n].encode("utf-8", "replace")) for row in rows), default=1) for n in range(len(ABOUT))
    ]
    yield "matrix.sps", _syntax(gathered, names, widths).encode("utf-8", "replace")


def variable_names(ids: Sequence[str]) -> dict[str, str]:
    """A name for each code that SPSS and R take: letters, digits and `_`, a letter first, no two alike.

    >>> variable_names(["trust", "Old Id 7", "7", "or", "Trust"])
    {'trust': 'trust', 'Old Id 7': 'Old_Id_7', '7': 'c_7', 'or': 'c_or', 'Trust': 'Trust_2'}
    """
    used, found = {name.casefold() for name in ABOUT}, dict[str, str]()
    for id in ids:
        stem = re.sub(r"[^0-9A-Za-z]+", "_", id).strip("_")[: LONGEST - 4]
        if not stem[:1].isalpha() or stem.casefold() in _RESERVED:
            stem = f"c_{stem}"
        name = free_id(stem, used)
        used.add(name.casefold())
        found[id] = name
    return found


def _rows(gathered: Gathered) -> Iterator[list[str]]:
    for interview in gathered.interviews:
        for unit in interview.units:
            one = unit.utterance
            for coder in coders_of(gathered, unit):
                about = (one.id, one.transcript_id, one.speaker, one.role, coder)
                said, is_whole = gathered.said(unit, coder), coder == MACHINE or coder in unit.finished
                cells = (said.get(code, False if is_whole else None) for code in gathered.codebook.ids)
                yield [
                    *(harmless(" ".join(printable(text).split())) for text in about),
                    *("" if cell is None else str(int(cell)) for cell in cells),
                ]


def coders_of(gathered: Gathered, unit: Unit) -> list[str]:
    """Who has looked at a unit: people, and the machine if its suggestions are wanted."""
    machine = gathered.choice.suggestions and unit.utterance.codable
    return [*unit.seen_by, *([MACHINE] if machine else [])]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(rows)
    return table.getvalue().encode("utf-8", "replace")


def _syntax(gathered: Gathered, names: dict[str, str], widths: Sequence[int]) -> str:
    strings = [
        f"  {name} A{min(max(1, width), MOST_WIDTH)}" for name, width in zip(ABOUT, widths, strict=True)
    ]  # fmt: skip
    book = gathered.codebook
    lines = [
        f"* Written by autocode {__version__}. Start it in the folder that holds matrix.csv.",
        "GET DATA /TYPE=TXT /FILE='matrix.csv' /ENCODING='UTF8' /ARRANGEMENT=DELIMITED",
        "  /DELIMITERS=',' /QUALIFIER='\"' /FIRSTCASE=2 /VARIABLES=",
        *strings,
        *(f"  {name} F1.0" for name in names.values()),
        "  .",
        *(f"VARIABLE LABELS {name} {_quoted(book.path(id))}." for id, name in names.items()),
        *(f"VALUE LABELS {name} 0 'does not apply' 1 'applies'." for name in names.values()),
        "VARIABLE LEVEL ALL (NOMINAL).",
        "EXECUTE.",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    flat = (
        " ".join(printable(text).split()).encode("utf-8", "replace")[:LONGEST_LABEL].decode("utf-8", "ignore")
    )
    return "'" + flat.replace("'", "''") + "'"
