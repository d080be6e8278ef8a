"""What taking over answers of annotation tools and coded datasets would do: a plan to look at.

An answer is all that its coder says of an utterance. What the coder said here, later or at a time that
the file does not tell, stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from autocode.codebook import Codebook, read_codebook
from autocode.codebook.changes import Succession
from autocode.errors import CodebookError, ExchangeError
from autocode.exchange.answers import Answered, Answers
from autocode.exchange.gathered import CONSENSUS, MACHINE, NOBODY, Choice, Place, gather
from autocode.exchange.nameless import is_transcript_name, is_unit_name, unit_name
from autocode.exchange.project_in import UNKNOWN_CODER, apart, fit_coder
from autocode.exchange.project_out import user_guid
from autocode.records import Transcript

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore, Span

MOST_SHOWN = 3  # quotes in a preview


@dataclass(frozen=True, slots=True)
class Said:
    """What is new of one coder on one utterance."""

    coder: str
    utterance_id: str
    transcript_id: str
    changes: Mapping[str, bool]  # by code
    blind: bool
    suggested: tuple[str, ...]
    at: datetime | None
    withdrawn: tuple[Span, ...] = ()  # stretches within the utterance whose code the coder takes away


@dataclass(frozen=True, slots=True)
class AnswersPlan:
    """What importing answers would do. Nothing is stored yet."""

    answers: Answers
    previous: Codebook
    codebook: Codebook
    transcripts: tuple[Transcript, ...]  # new ones
    coders: Mapping[str, str]  # names here, by names in the file
    new_coders: tuple[str, ...]
    said: tuple[Said, ...]
    n_known: int  # answers that are stored already
    quotes: tuple[tuple[str, str, str], ...]  # coder, text, codes: the first
    warnings: tuple[str, ...] = ()

    @property
    def new_codes(self) -> tuple[str, ...]:
        """Ids of codes that the project does not have."""
        return tuple(id for id in self.codebook.ids if id not in self.previous)

    @property
    def n_decisions(self) -> int:
        """How many decisions would be stored."""
        return sum(len(one.changes) for one in self.said)

    def of_coder(self) -> dict[str, int]:
        """How many utterances are new of each coder."""
        return dict(Counter(one.coder for one in self.said))


def name_coders(answers: Answers, given: Sequence[str]) -> dict[str, str]:
    """Names for the coders of a file: `NAME` for its only one, `AS IN THE FILE=NAME` for each.

    Raises `ExchangeError` where that is not clear.
    """
    found = dict[str, str]()
    for one in given:
        old, sign, new = one.rpartition("=")
        if not sign and len(answers.coders) > 1:
            some = ", ".join(name or "(unnamed)" for name in answers.coders)
            raise ExchangeError(
                f"--coder {one}: the file has several coders ({some}); give each with --coder 'OLD=NAME'"
            )
        old = old if sign else (answers.coders or ("",))[0]
        if old not in answers.coders:
            raise ExchangeError(f"--coder {one}: nobody in the file is called '{old}'")
        found[old] = fit_coder(new)
        if not found[old]:
            raise ExchangeError(f"--coder {one}: a name is missing")
    return found


def plan_answers(
    project: Project, answers: Answers, *, coders: Mapping[str, str] | None = None
) -> AnswersPlan:
    """What of the answers is new to the project; `coders` are names by the file's. Raises `ExchangeError`."""
    return _Planner(project, answers, coders or {}).plan()


@dataclass(frozen=True, slots=True)
class _Known:
    """An utterance here, or in the transcripts that the file brings along."""

    key: int | None
    utterance_id: str
    transcript_id: str
    text: str  # as the file has it, and what it calls the transcript
    called: str
    nameless: bool = False
    place: Place = (0, 0)


class _Planner:
    def __init__(self, project: Project, answers: Answers, coders: Mapping[str, str]) -> None:
        from autocode.store import ReviewStore
        from autocode.store.review import SUCCESSION

        self.project, self.answers = project, answers
        self.review: ReviewStore = ReviewStore(project.store)
        self.previous = read_codebook(project.codebook_path, allow_empty=True)
        self.succession = Succession(self.review.setting(SUCCESSION, {}))
        self.left_out: Counter[str] = Counter(answers.left_out)
        self.warnings = list[str]()
        self.coders = self._names(coders)
        self.by_id: dict[str, list[_Known]] = defaultdict(list)
        self.by_text: dict[str, list[_Known]] = defaultdict(list)
        self._know_utterances()
        self.transcripts = self._new_transcripts()

    def _know_utterances(self) -> None:
        """By their ids and texts, as they are and as they go out without names."""
        place: dict[int, tuple[str, str]] = {}
        place_of: dict[int, Place] = {}
        nameless = any(is_unit_name(one.utterance_id) for one in self.answers.answers)
        for names in (True, False) if nameless else (True,):
            for interview in gather(self.project, Choice((NOBODY,), names=names)).interviews:
                for unit in interview.units:
                    one, text = unit.utterance, " ".join(unit.utterance.text.split())
                    place.setdefault(unit.key, (one.id, one.transcript_id))
                    known = _Known(
                        unit.key, *place[unit.key], text, one.transcript_id, not names,
                        place_of.setdefault(unit.key, (one.start_char, one.end_char)),
                    )  # fmt: skip
                    for id in {one.id} if names else {one.id, unit_name(unit.key)}:  # had by older exports
                        self.by_id[id].append(known)
                    if not any(other.key == unit.key for other in self.by_text[text]):
                        self.by_text[text].append(known)

    def _names(self, given: Mapping[str, str]) -> dict[str, str]:
        people = {user_guid(one.name): one.name for one in self.review.accounts()}
        people[user_guid(CONSENSUS)] = CONSENSUS
        found = {}
        for name in self.answers.coders:
            plain = fit_coder(people.get(name.casefold(), name))
            if plain.isdigit():
                plain = f"{self.answers.format} user {plain}"
            found[name] = given.get(name) or plain or UNKNOWN_CODER
        return found

    def _new_transcripts(self) -> tuple[Transcript, ...]:
        """Those that the file brings along; what two of them have in common is not taken for one."""
        store, here = self.project.store, self.project.store.transcripts()
        known = {one.id for one in here}
        new = [one for one in self.answers.transcripts if one.id not in known]
        files = {one.sha256 for one in new}
        contents = {(one.sha256, store.transcript(one.id).text) for one in here if one.sha256 in files}
        found = []
        for transcript in new:
            content = transcript.sha256, transcript.text
            found.append(apart(transcript) if content in contents else transcript)
            contents.add(content)
            for turn in transcript.turns:
                if turn.unit_id is not None:
                    text, id = " ".join(turn.text.split()), transcript.id
                    self.by_id[turn.unit_id] = [_Known(None, turn.unit_id, id, text, id)]
        return tuple(found)

    def plan(self) -> AnswersPlan:
        codebook = self._codebook()
        wanted: dict[tuple[str, str], tuple[_Known, Answered, frozenset[str]]] = {}
        for answer in self.answers.answers:
            coder, known = self.coders[answer.coder], self._found(answer)
            if answer.coder == MACHINE or known is None:
                continue
            codes = frozenset(self._codes(codebook, answer))
            if self._excluded(codebook, codes):
                continue
            wanted[coder, known.utterance_id] = known, answer, codes
        said, n_known = self._news(wanted)
        here = {one.name.casefold() for one in self.review.accounts()} | {CONSENSUS}
        used = dict.fromkeys(one.coder for one in said)
        quotes = [
            (coder, known.text, "; ".join(codebook.path(code) for code in sorted(codes)) or "nothing")
            for (coder, _), (known, _, codes) in wanted.items()
        ]
        return AnswersPlan(
            self.answers, self.previous, codebook, self.transcripts,
            {old: new for old, new in self.coders.items() if old != MACHINE},
            tuple(name for name in used if name.casefold() not in here), tuple(said), n_known,
            tuple(quotes[:MOST_SHOWN]),
            (
                *self.answers.warnings,
                *self.warnings,
                *(f"{n} left out: {why}" for why, n in self.left_out.items() if n),
            ),
        )  # fmt: skip

    def _codebook(self) -> Codebook:
        """The project's codebook, with the codes of the file's own that it does not have."""
        book = self.answers.codebook
        if book is None:
            return self.previous
        new = [code for code in book.codes if code.id not in self.previous]
        if not new:
            return self.previous
        try:
            return self.previous.model_copy(update={"codes": (*self.previous.codes, *new)})
        except CodebookError as problem:
            raise ExchangeError(
                f"{self.answers.path}: its codes do not fit into the project's: {problem}"
            ) from None

    def _found(self, answer: Answered) -> _Known | None:
        """The utterance that an answer is about; by its text where the file has no id of ours."""
        text = " ".join(answer.text.split())
        of_id = self.by_id.get(answer.utterance_id, [])
        same = [one for one in of_id if not text or one.text == text]
        if of_id and not same:
            self.left_out["the text of the utterance is another one here"] += 1
            return None
        known = _meant(same, answer.transcript_id)
        if known is None:
            same = self.by_text.get(text, []) if text else []
            known = same[0] if len(same) == 1 else None
        if known is None:
            self.left_out["the utterance is not in this project, or its text is there twice"] += 1
        return known

    def _codes(self, codebook: Codebook, answer: Answered) -> Iterator[str]:
        for code in answer.codes:
            now = code if code in codebook else self.succession.resolve(code)
            try:
                yield codebook.resolve(now)
            except CodebookError:
                self.left_out[f"the code '{code[:80]}' is not in the codebook"] += 1

    def _excluded(self, codebook: Codebook, codes: frozenset[str]) -> bool:
        both = any(len(codes.intersection(codebook.group_of(code))) > 1 for code in codes)
        self.left_out["two codes that exclude each other on one utterance"] += both
        return both

    def _news(
        self, wanted: Mapping[tuple[str, str], tuple[_Known, Answered, frozenset[str]]]
    ) -> tuple[list[Said], int]:  # fmt: skip
        """What of the answers is not stored yet, and how many are."""
        book = self.previous
        stands = {(one.coder.casefold(), one.unit): one for one in self.review.said()}
        last: dict[tuple[str, int], datetime] = {}
        for one in self.review.decided():
            last[one.coder.casefold(), one.unit] = one.decided_at
        said, n_known, n_kept, n_timeless, n_long = list[Said](), 0, 0, 0, 0
        stretches = self._stretches()
        for (coder, id), (known, answer, codes) in wanted.items():
            before = stands.get((coder.casefold(), known.key)) if known.key is not None else None
            now = self.succession.read(before.codes, book) if before is not None else {}
            applied = {code for code, applies in now.items() if applies and code in book}
            done, at = before is not None and before.done, answer.at
            if applied == codes and done:
                n_known += 1
                continue
            since = last.get((coder.casefold(), known.key)) if known.key is not None else None
            newer = at is not None and (since is None or at > since)
            if before is not None and applied != codes and not newer:
                n_kept += at is not None
                n_timeless += at is None
                continue
            changes = dict.fromkeys(sorted(codes - applied), True) | dict.fromkeys(
                sorted(applied - codes), False
            )
            away = [
                span
                for code in sorted(applied - codes)
                for span in stretches[coder.casefold(), known.transcript_id, code]
                if span.start_char < known.place[1] and span.end_char > known.place[0]
            ]
            inside = tuple(one for one in away if _is_within(one, known.place))
            n_long += len(away) - len(inside)
            said.append(
                Said(coder, id, known.transcript_id, changes, answer.blind, answer.suggested, at, inside)
            )
        self.left_out["the coder has decided otherwise here, not earlier than in the file"] += n_kept
        self.left_out[
            "the file has no times, so what the coder says here stays; use --coder with another name"
        ] += n_timeless
        if n_long:
            self.warnings.append(
                f"{n_long} coded stretch{'es' if n_long > 1 else ''} of a code that is taken away "
                f"{'reach' if n_long > 1 else 'reaches'} beyond the statement and "
                f"{'stay' if n_long > 1 else 'stays'}"
            )
        return said, n_known

    def _stretches(self) -> dict[tuple[str, str, str], list[Span]]:
        """Coded stretches that stand, by coder, transcript and code as it is now."""
        found: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
        for one in self.review.all_spans():
            if one.applies:
                code = one.code if one.code in self.previous else self.succession.resolve(one.code)
                found[one.coder.casefold(), one.transcript_id, code].append(one)
        return found


def _is_within(span: Span, place: Place) -> bool:
    return place[0] <= span.start_char and span.end_char <= place[1]


def _meant(known: Sequence[_Known], called: str) -> _Known | None:
    """Of utterances with the same id, the one in the transcript that the file calls so; None in doubt.

    The number of a transcript without names may have changed since the file was written.
    """
    if len({one.key for one in known}) > 1:
        nameless = is_transcript_name(called)
        in_it = [one for one in known if one.called == called]
        known = in_it or [one for one in known if one.nameless == nameless]
    return known[0] if len({one.key for one in known}) == 1 else None
