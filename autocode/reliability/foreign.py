"""Panels from projects of other programs: REFI-QDA, QualCoder, Taguette."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autocode.codebook import Codebook
from autocode.dataset import MACHINE
from autocode.errors import AgreementError
from autocode.exchange import Coded, read_project, standing_alone
from autocode.pipeline import Coder
from autocode.records import Utterance
from autocode.reliability.columns import sha256
from autocode.reliability.panel import Blindness, Coding, Panel, Span, Spans, Unit
from autocode.reliability.record import counted


def panel_of_foreign(path: Path) -> Panel:
    """The codings in another program's project, projected on utterances. Raises `AutocodeError`.

    An utterance has the codes of all stretches that hold some of its words. A person is taken to have read
    the documents in which he or she coded anything, since no such file says who read what.
    """
    found = standing_alone(read_project(path))
    if not found.codings:
        raise AgreementError(f"{path}: nobody coded any stretch of text in this project")
    texts = {one.id: one.text for one in found.transcripts}
    coded: dict[str, list[Coded]] = defaultdict(list)
    for one in found.codings:
        coded[one.transcript_id].append(one)
    cut = Coder(found.codebook)
    units: dict[str, Unit] = {}
    places: dict[str, tuple[int, int]] = {}
    given: dict[str | None, dict[str, frozenset[str]]] = defaultdict(dict)
    for transcript in found.transcripts:
        if not (here := coded[transcript.id]):
            continue
        utterances = cut.segment(transcript)
        reached = [_reached(transcript.text, utterances, one) for one in here]
        kept = {one.id for one in utterances if one.codable}.union(*reached)
        for utterance in utterances:
            if utterance.id in kept:
                units[utterance.id] = Unit(utterance.id, transcript.id, utterance.text.strip())
                places[utterance.id] = utterance.start_char, utterance.end_char
        for coder in dict.fromkeys(one.coder for one in here):
            mine = [(one.code_id, ids) for one, ids in zip(here, reached, strict=True) if one.coder == coder]
            given[coder] |= _codes_of([one.id for one in utterances if one.id in kept], mine)
    people = {name: coding for name, coding in given.items() if name is not None}
    machine: Coding = given.get(None, {})
    return Panel(
        source={"kind": "project of another program", "name": path.name, "sha256": _digests(path)},
        codebook=found.codebook,
        units=units,
        humans=people,
        machines={MACHINE: machine} if machine else {},
        blindness_of={name: Blindness(n_unknown=len(coding)) for name, coding in people.items()},
        coverage_assumed=True,
        spans=_spans(found.codings, texts, places),
        warnings=(*found.warnings, *_notes(found.codebook, people, texts, units, found.n_whole)),
    )


def _reached(text: str, utterances: Iterable[Utterance], one: Coded) -> set[str]:
    """Ids of the utterances of whose words a stretch holds some."""
    return {
        utterance.id
        for utterance in utterances
        if utterance.start_char < one.end_char
        and utterance.end_char > one.start_char
        and text[max(one.start_char, utterance.start_char) : min(one.end_char, utterance.end_char)].strip()
    }


def _codes_of(units: Sequence[str], mine: Sequence[tuple[str, set[str]]]) -> dict[str, frozenset[str]]:
    codes: dict[str, set[str]] = {unit: set() for unit in units}
    for code, ids in mine:
        for unit in ids:
            codes[unit].add(code)
    return {unit: frozenset(given) for unit, given in codes.items()}


def _spans(
    codings: Iterable[Coded], texts: Mapping[str, str], places: Mapping[str, tuple[int, int]]
) -> Spans:
    spans = tuple(
        Span(one.transcript_id, one.coder, one.start_char, one.end_char, one.code_id)
        for one in codings
        if one.coder is not None
    )
    return Spans(spans, {id: len(text) for id, text in texts.items()}, places)


def _notes(
    book: Codebook, people: Mapping[str, Coding], texts: Mapping[str, str], units: Mapping[str, Unit],
    n_whole: int,
) -> Iterable[str]:  # fmt: skip
    yield from book.warnings
    read = {name: len({units[unit].transcript_id for unit in coding}) for name, coding in people.items()}
    told = ", ".join(f"{name} {n} of {len(texts)}" for name, n in sorted(read.items()))
    yield (
        f"coverage: the file does not say who read what; a person is taken to have read the documents in "
        f"which he or she coded anything ({told})"
    )
    if n_whole:
        yield f"{counted(n_whole, 'coding')} of whole documents left out: they are no codings of statements"


def _digests(path: Path) -> dict[str, str]:
    """The digest of the file; of a folder, of the files in it that are databases."""
    files = (
        [path] if path.is_file() else sorted(one for one in path.iterdir() if one.suffix.lower() == ".qda")
    )
    return {one.name: sha256(one) for one in files}
