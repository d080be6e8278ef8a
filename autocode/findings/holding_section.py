"""The section on the codes themselves: coherent within, distinct from each other, of one meaning, used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Codebook
from autocode.findings.material import Material, Statement
from autocode.findings.part import Options, Part, code_anchor, entry, linked, nothing_accepted
from autocode.report.apa import DASH, counted, decimal, probability
from autocode.report.blocks import Block, Cell, Entry, Heading, Line, Section, Table, Text
from autocode.themes.holding import LEAST, Coded, Held, Holding, Pair, hold_together
from autocode.themes.holding_tables import code_rows, pair_rows
from autocode.themes.holding_words import explained, few_said, marks_of, pair_said, split_said, unused_said
from autocode.themes.theme import MIN_WORDS

NAME, TITLE = "holding", "Do the codes hold together?"


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The statements that were looked at, as places in `Material.statements`, and what is known of them."""

    places: tuple[int, ...]
    coded: Coded


def looked_at(material: Material, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> Looked:
    """What respondents say that somebody has read; with the machine's codes all that they say. `embed` gives
    the long statements unit vectors.
    """
    pairs = [
        (place, one) for place, one in enumerate(material.statements)
        if one.respondent is not None and (one.complete or one.codes or material.include_machine)
    ]  # fmt: skip
    said = [one for _, one in pairs]
    long = [len(one.text.split()) >= MIN_WORDS for one in said]
    texts = [one.text for one, enough in zip(said, long, strict=True) if enough]
    coded = Coded(
        [one.interview for one in said], [str(one.respondent) for one in said],
        [material.finest(one) for one in said], np.array(long, np.bool_),
        embed(texts) if texts else np.zeros((0, 1), np.float32),
    )  # fmt: skip
    return Looked(tuple(place for place, _ in pairs), coded)


def holding_part(material: Material, options: Options, looked: Looked | None) -> Part:
    """What can be said of each code; `looked` None: nothing is coded."""
    if looked is None:
        return Part(Section(NAME, TITLE, absent=nothing_accepted(material)))
    found = hold_together(material.codebook, looked.coded, seed=options.seed)
    said = [material.statements[place] for place in looked.places]
    by_machine = sum(one.by_machine for one in said)
    whose = f" {counted(by_machine, 'statement')} have codes of the machine alone." if by_machine else ""
    book = material.codebook
    blocks: list[Block] = [
        *(Text(part) for part in explained(found, whose)),
        _table(material, found),
        *(Text(part) for part in (few_said(found, book), unused_said(found, book)) if part),
        *_overlaps(book, found),
        *_splits(book, found, said),
    ]
    rows, pairs = code_rows(book, found), pair_rows(found)
    record: dict[str, Any] = {
        "codes": [dict(zip(rows[0], row, strict=True)) for row in rows[1:]],
        "pairs": [dict(zip(pairs[0], row, strict=True)) for row in pairs[1:]],
        "unused": list(found.unused), "n_statements": found.n_statements,
        "n_tried": found.n_tried, "n_machine_only": by_machine,
    }  # fmt: skip
    tables = {"codes_hold": rows, "code_pairs": pairs}
    return Part(Section(NAME, TITLE, blocks), record, _entries(material, found, said), tables)


def _table(material: Material, found: Holding) -> Table:
    lines = []
    for one in found.codes:
        near, shares = found.nearest(one.code_id), found.closest_shared(one.code_id)
        alike = one.coherence
        lines.append(
            Line([
                Cell(material.codebook.short_path(one.code_id), tag=", ".join(marks_of(found, one))),
                linked(len(one.rows), _own_anchor(material, one)), Cell(f"{one.n_respondents}"),
                Cell(DASH if alike is None else decimal(alike.cosine)),
                Cell(DASH if alike is None else decimal(alike.by_chance)),
                Cell(DASH if alike is None else probability(alike.p)),
                _nearest(material.codebook, near, one),
                _shared(material.codebook, shares, one),
            ], few=alike is None)
        )  # fmt: skip
    heads = ["Code", "Statements", "Respondents", "Alike", "By chance", "p", "Nearest code", "Shared with"]
    note = (
        "Alike: mean cosine of a code's statements to each other; by chance: of as many random "
        "statements of the same interviews; p: how often these are as alike. Nearest code: by the mean "
        "cosine between the two codes' statements. Shared with: statements that carry both codes, and their "
        f"Jaccard index. Grey: fewer than {LEAST} statements of "
        f"{MIN_WORDS} words or more."
    )
    return Table("Codes by themselves and beside each other", heads, lines, note, prose=frozenset({6, 7}))


def _other(book: Codebook, pair: Pair, one: Held) -> str:
    return book.short_path(pair.b if pair.a == one.code_id else pair.a)


def _nearest(book: Codebook, pair: Pair | None, one: Held) -> Cell:
    return Cell(DASH if pair is None else f"{_other(book, pair, one)} ({decimal(pair.cosine)})")


def _shared(book: Codebook, pair: Pair | None, one: Held) -> Cell:
    if pair is None:
        return Cell(DASH)
    said = f"{_other(book, pair, one)}: {len(pair.shared):,} ({decimal(pair.jaccard)})"
    return Cell(said, link=f"#{_pair_anchor(pair)}")


def _overlaps(book: Codebook, found: Holding) -> list[Block]:
    flagged = [one for one in found.pairs if one.flagged]
    if not flagged:
        return []
    lines = [
        Line([
            Cell(book.short_path(one.a)), Cell(book.short_path(one.b)), Cell(pair_said(one)),
            Cell(decimal(one.cosine)), linked(len(one.shared), _pair_anchor(one)), Cell(decimal(one.jaccard)),
            Cell(decimal(one.contained)),
        ])
        for one in flagged
    ]  # fmt: skip
    heads = ["Code", "and code", "What is marked", "Between", "Shared", "Jaccard", "Of the smaller"]
    return [
        Heading("Codes that may overlap"),
        Table("Pairs of codes to read side by side", heads, lines, n_text=3),
    ]


def _splits(book: Codebook, found: Holding, said: Sequence[Statement]) -> list[Block]:
    blocks: list[Block] = []
    for one in found.codes:
        if one.halves is None or not one.halves.flagged:
            continue
        lines = [
            Line([
                Cell(name), Cell(str(said[row].respondent)), Cell(said[row].text, verbatim=True),
                Cell(said[row].label, link=f"#{said[row].anchor}"),
            ])
            for name, half in zip(("A", "B"), one.halves.parts, strict=True) for row in half.shown
        ]  # fmt: skip
        name = book.short_path(one.code_id)
        blocks += [
            Text(split_said(one.halves, name)),
            Table(f"{name}: the most typical statements of each group",
                  ["Group", "Who", "Statement", "Where"], lines, n_text=4),
            Table(f"{name}: both groups", ["Group", "Statements", "Respondents", "Interviews"], [
                Line([Cell(letter), linked(len(half.rows), _half_anchor(letter, one)),
                      Cell(f"{half.n_respondents}"), Cell(f"{half.n_interviews}")])
                for letter, half in zip("AB", one.halves.parts, strict=True)
            ]),
        ]  # fmt: skip
    return [Heading("Codes that may have two meanings"), *blocks] if blocks else []


# Links


def _own_anchor(material: Material, one: Held) -> str:
    """Where a code's own statements are listed: without those of the codes below it."""
    whole = len(one.rows) == len(material.carrying(one.code_id))
    return code_anchor(one.code_id) if whole else f"own-{code_anchor(one.code_id)}"


def _pair_anchor(pair: Pair) -> str:
    return f"shared-{code_anchor(pair.a)}-{code_anchor(pair.b)}"


def _half_anchor(letter: str, one: Held) -> str:
    return f"group-{letter.lower()}-{code_anchor(one.code_id)}"


def _entries(material: Material, found: Holding, said: Sequence[Statement]) -> list[Entry]:
    book = material.codebook

    def of(rows: Iterable[int]) -> list[Statement]:
        return [said[row] for row in rows]

    entries = []
    for one in found.codes:
        path, anchor = book.path(one.code_id), _own_anchor(material, one)
        if anchor != code_anchor(one.code_id):
            entries.append(entry(anchor, f"{path}, without the codes below it", of(one.rows)))
        if one.halves is not None and one.halves.flagged:
            entries += [
                entry(_half_anchor(letter, one), f"{path}, group {letter}", of(half.rows))
                for letter, half in zip("AB", one.halves.parts, strict=True)
            ]
    for pair in found.pairs:
        names = f"{book.short_path(pair.a)} and {book.short_path(pair.b)}, on one statement"
        entries.append(entry(_pair_anchor(pair), names, of(pair.shared)))
    return entries
