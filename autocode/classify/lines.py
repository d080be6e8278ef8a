"""A codebook's own lines as the first training set: each line says something of one code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.records import EvidenceKind


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the codebook that speaks for a code, or (`counter`) against it."""

    code_id: str
    kind: EvidenceKind
    text: str
    counter: bool = False


def codebook_lines(codebook: Codebook) -> tuple[Line, ...]:
    """What is said of each code, in the codebook's order: name (a cue), definition, criteria, examples."""
    return tuple(line for code in codebook.codes for line in _lines_of(codebook, code.id))


def cue_lines(codebook: Codebook) -> tuple[Line, ...]:
    """The cues of every code, in the codebook's order."""
    return tuple(Line(code.id, "cue", text) for code in codebook.codes for text in code.cues)


def _lines_of(codebook: Codebook, code_id: str) -> Iterator[Line]:
    code = codebook[code_id]
    yield Line(code_id, "cue", code.name)
    if code.definition:
        yield Line(code_id, "definition", f"{code.name}: {code.definition}")
    for text in code.include:
        yield Line(code_id, "include", text)
    for text in code.examples:
        yield Line(code_id, "example", text)
    for text in code.counter_examples:
        yield Line(code_id, "example", text, counter=True)


def cues_of(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """The phrases that speak for each code: its name and its cues."""
    return {code.id: (code.name, *code.cues) for code in codebook.codes}


def targets(codebook: Codebook, lines: tuple[Line, ...]) -> NDArray[np.float64]:
    """What each line says of each code, shape (n_lines, n_codes): 1 applies, 0 does not, nan not said.

    A line for a code is a line for its ancestors. A counter-example speaks against its code
    and the codes below it, and says nothing of the others.
    """
    column = {code_id: index for index, code_id in enumerate(codebook.ids)}
    table = np.zeros((len(lines), len(column)))
    for row, line in enumerate(lines):
        if line.counter:
            table[row] = np.nan
            table[row, [column[c] for c in (line.code_id, *codebook.descendants(line.code_id))]] = 0.0
        else:
            table[row, [column[c] for c in (line.code_id, *codebook.ancestors(line.code_id))]] = 1.0
    return table
