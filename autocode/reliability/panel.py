"""Who coded what: the ratings that a reliability report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from autocode.codebook import Codebook
from autocode.config import suggest
from autocode.dataset import CONSENSUS, is_machine
from autocode.errors import AgreementError

Coding = Mapping[str, frozenset[str]]  # by unit: the codes that were given; not there: not seen
Kind = Literal["human", "machine"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What was coded, and where it was said."""

    id: str
    transcript_id: str | None  # None: the table does not say
    text: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Blindness:
    """How many codings by people were made without sight of the machine, with it, or not known."""

    n_blind: int = 0
    n_assisted: int = 0
    n_unknown: int = 0

    def __add__(self, other: Blindness) -> Blindness:
        """Both together."""
        return Blindness(
            self.n_blind + other.n_blind,
            self.n_assisted + other.n_assisted,
            self.n_unknown + other.n_unknown,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A code on a stretch of a transcript."""

    transcript_id: str
    coder: str
    start_char: int
    end_char: int
    code: str


@dataclass(frozen=True, slots=True)
class Spans:
    """Free spans, the lengths of their transcripts, and where the units stand in them."""

    spans: tuple[Span, ...]
    lengths: Mapping[str, int]
    places: Mapping[str, tuple[int, int]]  # by unit: start_char, end_char


@dataclass(frozen=True, slots=True)
class Step:
    """A blind first decision beside what the machine would have suggested then."""

    unit: str
    coder: str
    n_labels: int | None  # statements that the machine had learnt from; None: not known
    given: frozenset[str]
    suggested: frozenset[str]


@dataclass(frozen=True, slots=True)
class Panel:
    """People's and machines' codings of the same units; `humans` has no assisted coding."""

    source: Mapping[str, Any]  # kind, name, sha256
    codebook: Codebook
    units: Mapping[str, Unit]  # by id, in the order of the corpus
    humans: Mapping[str, Coding]
    machines: Mapping[str, Coding] = field(default_factory=dict)
    consensus: Coding = field(default_factory=dict)  # what was agreed afterwards
    blindness_of: Mapping[str, Blindness] = field(default_factory=dict)  # by coder
    rounds: Mapping[tuple[str, str], str] = field(default_factory=dict)  # by (coder, unit)
    moments: Mapping[tuple[str, str], float] = field(default_factory=dict)  # when, on any scale
    versions: Mapping[str, int | None] = field(default_factory=dict)  # of the codebook, by round
    codebook_version: int | None = None
    codebook_given: bool = True  # False: the codes are those seen in a table
    coverage_assumed: bool = False
    drawn: frozenset[str] | None = None  # units drawn by chance for reliability; None: not known
    spans: Spans | None = None
    steps: tuple[Step, ...] = ()  # for the learning curve
    warnings: tuple[str, ...] = ()

    @property
    def transcripts_known(self) -> bool:
        """Does every unit say which interview it is from?"""
        return all(unit.transcript_id is not None for unit in self.units.values())

    @property
    def blindness(self) -> Blindness:
        """The codings of all people together."""
        return sum(self.blindness_of.values(), Blindness())

    def kind_of(self, coder: str) -> Kind:
        """Person or machine."""
        return "machine" if coder in self.machines else "human"


def with_kinds(panel: Panel, *, coders: Sequence[str] = (), machines: Sequence[str] = ()) -> Panel:
    """Only the people called `coders` (none: all), and `machines` apart from people.

    A coder called "machine", or "machine-" and something, is a machine without being named; "consensus" is
    what was agreed. Raises `AgreementError` for names that are not there.
    """
    known = {**panel.humans, **panel.machines}
    for option, names in (("--coder", coders), ("--machine", machines)):
        for name in names:
            if name not in known:
                there = ", ".join(known) or "none"
                raise AgreementError(
                    f"{option} {name}: no such coder{suggest(name, list(known))}; there are {there}"
                )
    if both := sorted({*coders} & {*machines}):
        raise AgreementError(f"--coder {both[0]}: is also given as --machine; one coder is one of them")
    apart = [
        name
        for name in known
        if name in machines or ((name in panel.machines or is_machine(name)) and name not in coders)
    ]
    apart.sort(key=lambda name: list(machines).index(name) if name in machines else len(machines))
    people = {name: coding for name, coding in known.items() if name not in apart and name != CONSENSUS}
    left_out = [name for name in people if coders and name not in coders]
    agreed = panel.consensus or known.get(CONSENSUS, {})
    if len(people) == 0 and CONSENSUS in known:  # nothing else to compare
        people, agreed = {CONSENSUS: known[CONSENSUS]}, {}
    note = [f"left out, as asked: {', '.join(left_out)}"] if left_out else []
    guessed = [name for name in apart if name not in machines and name not in panel.machines]
    if guessed:
        note.append(f"by their names taken for machines and kept apart from people: {', '.join(guessed)}")
    spans = panel.spans
    if spans is not None and coders:
        spans = replace(spans, spans=tuple(one for one in spans.spans if one.coder in coders))
    return replace(
        panel,
        spans=spans,
        humans={name: coding for name, coding in people.items() if name not in left_out},
        machines={name: known[name] for name in apart},
        consensus=agreed,
        blindness_of={
            name: seen
            for name, seen in panel.blindness_of.items()
            if name in people or (name not in known and not coders)
            if name not in left_out
        },
        warnings=(*panel.warnings, *note),
    )


def blindness_by_coder(
    codings: Mapping[str, Coding], blind: Mapping[tuple[str, str], bool | None]
) -> dict[str, Blindness]:
    """How each coder's codings were made; `blind` by coder and unit: True, False (assisted), not known."""
    flags = {name: [blind.get((name, unit)) for unit in coding] for name, coding in codings.items()}
    return {
        name: Blindness(found.count(True), found.count(False), found.count(None))
        for name, found in flags.items()
    }
