"""All that a project holds, read once: what every format is written from.

What is in it is chosen here: whose decisions, only blind ones, the machine's suggestions, with names or not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from autocode.codebook import Codebook, Succession, read_codebook
from autocode.config import suggest
from autocode.dataset import SUGGESTIONS
from autocode.errors import ExchangeError
from autocode.records import Suggestion, Transcript, Utterance

if TYPE_CHECKING:
    from autocode.store import Decided, Memo, Project, ReviewStore, Span

MACHINE = SUGGESTIONS
CONSENSUS, EVERYBODY, NOBODY = "consensus", "everybody", "nobody"
Place = tuple[int, int]  # start_char, end_char


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a project is written."""

    coders: tuple[str, ...] = (EVERYBODY,)  # names; "consensus": what was agreed
    blind: bool = False  # only what was decided before a suggestion was seen
    suggestions: bool = False  # also what the machine suggests, in its own name
    names: bool = True  # False: numbers in the place of speakers' names


@dataclass(frozen=True, slots=True)
class Unit:
    """An utterance with what has been said of it."""

    key: int
    utterance: Utterance
    decided: Mapping[tuple[str, str], Decided]  # the last word, by coder and code
    finished: Mapping[str, bool] = field(default_factory=dict)  # by coders, nothing else applies: blind?
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def seen_by(self) -> tuple[str, ...]:
        """Everybody who has finished it or decided something on it."""
        said = {coder for (coder, _), one in self.decided.items() if one.applies is not None}
        return tuple(sorted(said | self.finished.keys()))

    def is_blind(self, coder: str) -> bool:
        """Whether a coder decided on it before a suggestion was seen."""
        own = (one.blind for (who, _), one in self.decided.items() if who == coder)
        return self.finished[coder] if coder in self.finished else all(own)


@dataclass(frozen=True, slots=True)
class Interview:
    """A transcript with its units (none: it has not been cut) and the stretches that people coded."""

    transcript: Transcript
    units: tuple[Unit, ...] = ()
    spans: tuple[Span, ...] = ()  # those that apply


@dataclass(frozen=True, slots=True)
class Placed:
    """A code on a stretch of a transcript's text, as it was given."""

    kind: str  # a "decision" on a unit; a "span" whose units were decided alike, or a span "alone"
    place: Place
    coder: str  # MACHINE: suggested
    code: str
    at: datetime | None
    blind: bool = False
    suggestion: Suggestion | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A project, or what was chosen of it."""

    name: str
    codebook: Codebook
    interviews: tuple[Interview, ...]
    memos: Mapping[tuple[str, str], tuple[Memo, ...]] = field(default_factory=dict)  # by kind and target
    succession: Succession = field(default_factory=Succession)
    choice: Choice = field(default_factory=Choice)
    n_earlier: int = 0  # statements of earlier cuts on which something was said, which are not in it
    lead: str = ""  # who leads the project, if everybody was chosen or he or she
    naming: tuple[str, ...] = ()  # without names: ids of codes in whose words there is one

    def now(self, code: str) -> str | None:
        """The code as the codebook has it now; None: it is gone."""
        found = code if code in self.codebook else self.succession.resolve(code)
        return found if found in self.codebook else None

    def kept(self, code: str) -> str:
        """The code as the codebook has it now, or the same id where it is gone."""
        return self.now(code) or code

    def said(self, unit: Unit, coder: str) -> dict[str, bool]:
        """What a coder says of a unit, by codes that the codebook has; the machine applies what it suggests.

        A suggested code stands for those above it.
        """
        if coder == MACHINE:
            return dict.fromkeys((one.code_id for one in self.suggested(unit)), True)
        codes = {
            code: one.applies
            for (who, code), one in unit.decided.items()
            if who == coder and one.applies is not None
        }
        read = self.succession.read(codes, self.codebook)
        return {code: applies for code, applies in read.items() if code in self.codebook}

    def suggested(self, unit: Unit) -> tuple[Suggestion, ...]:
        """The machine's suggestions, without codes above another that is suggested, best first."""
        shown = [one for one in unit.suggestions if one.decision != "reject" and one.code_id in self.codebook]
        above = {code for one in shown for code in self.codebook.ancestors(one.code_id)}
        return tuple(one for one in shown if one.code_id not in above)

    def current(self, interview: Interview) -> list[Placed]:
        """The codes on a transcript as the codebook has them now, in order; none twice by the same coder."""
        found: dict[tuple[Place, str, str], Placed] = {}
        shown = {(u.utterance.id, one.code_id) for u in interview.units for one in self.suggested(u)}
        for one in placed(interview):
            code = self.now(one.code)
            if code is None or (
                one.suggestion is not None and (one.suggestion.utterance_id, code) not in shown
            ):
                continue
            kept = Placed(one.kind, one.place, one.coder, code, one.at, one.blind, one.suggestion)
            found.setdefault((one.place, one.coder, code), kept)
        order = {code: number for number, code in enumerate(self.codebook.ids)}
        return sorted(
            found.values(), key=lambda one: (one.place[0], -one.place[1], one.coder, order[one.code])
        )

    @property
    def coders(self) -> list[str]:
        """Everybody who says something in it, the machine too."""
        found = {one.coder for interview in self.interviews for one in placed(interview)}
        units = (unit for interview in self.interviews for unit in interview.units)
        return sorted(found.union(*(unit.seen_by for unit in units)))

    @property
    def n_codings(self) -> int:
        """How many codes that the codebook has were given, and suggested if that was chosen."""
        return sum(len(self.current(interview)) for interview in self.interviews)

    def gone(self) -> list[str]:
        """Codes that people gave, that the codebook no longer has, and that were merged into no other."""
        given = {one.code for interview in self.interviews for one in placed(interview)}
        return sorted(code for code in given if self.now(code) is None)


def placed(interview: Interview) -> Iterator[Placed]:
    """Every code on a stretch of a transcript, spans first.

    A decision that only repeats a span, made with it, is left out: the span says it more exactly.
    """
    text, implied = interview.transcript.text, set[tuple[int, str, str]]()
    utterances = [unit.utterance for unit in interview.units]
    for span in interview.spans:
        place = (span.start_char, span.end_char)
        units = [interview.units[n] for n in overlapped(utterances, text, place) if utterances[n].codable]
        same = all(_was_decided_with(unit, span) for unit in units)
        implied |= {(unit.key, span.coder, span.code) for unit in units} if same else set()
        yield Placed(
            "span" if same else "alone", place, span.coder, span.code, span.decided_at, span.blind
        )  # fmt: skip
    for unit in interview.units:
        place = trimmed(text, unit.utterance.start_char, unit.utterance.end_char)
        for (coder, code), one in unit.decided.items():
            if one.applies and (unit.key, coder, code) not in implied:
                yield Placed("decision", place, coder, code, one.decided_at, one.blind)
        for suggestion in unit.suggestions:
            if suggestion.decision != "reject":
                yield Placed("decision", place, MACHINE, suggestion.code_id, None, suggestion=suggestion)


def trimmed(text: str, start: int, end: int) -> Place:
    """The stretch without the white space at its ends; one without words as it is."""
    said = text[start:end]
    if not said.strip():
        return start, end
    return start + len(said) - len(said.lstrip()), start + len(said.rstrip())


def overlapped(utterances: Sequence[Utterance], text: str, place: Place) -> list[int]:
    """Positions of the utterances (in their order) of whose words the stretch of `text` holds some."""
    start, end = place
    found = []
    for position in range(bisect_right(utterances, start, key=lambda one: one.end_char), len(utterances)):
        one = utterances[position]
        if one.start_char >= end:
            break
        if text[max(start, one.start_char) : min(end, one.end_char)].strip():
            found.append(position)
    return found


def _was_decided_with(unit: Unit, span: Span) -> bool:
    """Does the coder say the same of the unit since the very moment of the span?"""
    decided = unit.decided.get((span.coder, span.code))
    return decided is not None and bool(decided.applies) and decided.decided_at == span.decided_at


def gather(
    project: Project, choice: Choice | None = None, *, done: Callable[[], object] = lambda: None
) -> Gathered:
    """What is chosen of a project; `done` is called after each transcript.

    Raises `ExchangeError` for coders that there are not.
    """
    from autocode.exchange.nameless import without_names
    from autocode.store import ReviewStore
    from autocode.store.review import SUCCESSION

    choice = choice or Choice()
    review = ReviewStore(project.store)
    is_chosen = _chooser(review, choice)
    decided: dict[int, dict[tuple[str, str], Decided]] = defaultdict(dict)
    for one in review.decided():
        if is_chosen(one.coder) and (one.blind or not choice.blind):
            decided[one.unit][one.coder, one.code] = one
    finished = _finished(review, choice, is_chosen)
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in review.all_spans():
        if span.applies and is_chosen(span.coder) and (span.blind or not choice.blind):
            spans[span.transcript_id].append(span)
    memos: dict[tuple[str, str], list[Memo]] = defaultdict(list)
    for memo in sorted(review.memos(), key=lambda one: (one.written_at, one.coder)):
        if is_chosen(memo.coder):
            memos[memo.kind, memo.target].append(memo)
    latest, interviews, there = review.latest_codings(), list[Interview](), set[int]()
    for summary in project.store.transcripts():
        transcript, units = project.store.transcript(summary.id), list[Unit]()
        if summary.id in latest:
            reading = review.reading(summary.id)
            there.update(reading.keys)
            for key, utterance in zip(reading.keys, reading.utterances, strict=True):
                suggestions = reading.suggestions.get(key, ()) if choice.suggestions else ()
                units.append(Unit(key, utterance, decided.get(key, {}), finished.get(key, {}), suggestions))
        interviews.append(Interview(transcript, tuple(units), tuple(spans[summary.id])))
        done()
    said = {u for u, of in decided.items() if any(one.applies is not None for one in of.values())}
    found = Gathered(
        project.folder.name,
        read_codebook(project.codebook_path, allow_empty=True),
        tuple(interviews),
        {key: tuple(some) for key, some in memos.items()},
        Succession(review.setting(SUCCESSION, {})),
        choice,
        len((said | finished.keys()) - there),
        next((one.name for one in review.accounts() if one.role == "lead" and is_chosen(one.name)), ""),
    )
    return found if choice.names else without_names(found)


def _chooser(review: ReviewStore, choice: Choice) -> Callable[[str], bool]:
    """Whether a coder is among those that were chosen."""
    people = {one.name.casefold(): one.name for one in review.accounts()}
    given = [name for name in choice.coders if name not in (EVERYBODY, NOBODY)]
    for name in given:
        if name.casefold() not in people and name != CONSENSUS:
            known = [*people.values(), CONSENSUS, EVERYBODY, NOBODY]
            raise ExchangeError(
                f"there is no coder '{name}'{suggest(name, known)}; one of {', '.join(known)}"
            )
    if choice.blind and given == [CONSENSUS]:
        raise ExchangeError("what was agreed is never blind; leave out the consensus, or the choice of blind")
    wanted = {name.casefold() for name in given}
    return lambda coder: EVERYBODY in choice.coders or coder.casefold() in wanted


def _finished(
    review: ReviewStore, choice: Choice, is_chosen: Callable[[str], bool]
) -> dict[int, dict[str, bool]]:  # fmt: skip
    """Who has finished each unit, and whether blind; if only that counts, only who has."""
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for account in review.accounts():
        if is_chosen(account.name):
            for key, mark in review.marks(account.key).items():
                if (mark.arm == "blind" and mark.revealed) if choice.blind else mark.done:
                    found[key][account.name] = mark.arm == "blind"
    if is_chosen(CONSENSUS) and not choice.blind:
        for one in review.said():
            if one.done and one.coder == CONSENSUS:
                found[one.unit][CONSENSUS] = False
    return found
