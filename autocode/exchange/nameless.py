"""A project without the names of those who speak: R1, R2 ... for respondents, I1 ... for interviewers.

Names are replaced in the labels, wherever they are said and in the codebook's words, but not in the ids of
codes (a part of a name that two people share becomes N), addresses and telephone numbers become [E-mail],
[Link] and [Phone], and transcripts become T1, T2 ... Positions are moved along. Names of people who do not
speak themselves stay: only a reader would know them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autocode.anonymise.names import Name
from autocode.anonymise.plan import name_parts, surname_halves
from autocode.anonymise.replace import Matcher, naming
from autocode.codebook import Code
from autocode.exchange.gathered import Gathered, Interview, Unit
from autocode.records import Role, Transcript, Turn
from autocode.respondents import person_of, respondents_of
from autocode.segment.lemmas import dictionary

if TYPE_CHECKING:
    from autocode.store import Memo

_ABOUT = ("name", "title", "description", "source", "note")  # what a codebook says of itself
LETTERS: Mapping[Role, str] = {"respondent": "R", "interviewer": "I", "other": "O"}


def without_names(gathered: Gathered) -> Gathered:
    """The same project with numbers in the place of names."""
    numbers = _Numbers(gathered.interviews, language=gathered.codebook.language)
    own = {unit.utterance.id for interview in gathered.interviews for unit in interview.units}
    interviews, names = [], {}
    for number, interview in enumerate(gathered.interviews, start=1):
        names[interview.transcript.id] = f"T{number}"
        interviews.append(_Renamer(interview, f"T{number}", numbers, own).interview())
    memos = {
        (kind, names.get(target, target) if kind == "transcript" else target): tuple(
            _memo(one, names, numbers) for one in some
        )
        for (kind, target), some in gathered.memos.items()
    }
    codes = tuple(_code(one, numbers) for one in gathered.codebook.codes)
    about = {name: numbers.replaced(getattr(gathered.codebook, name)) for name in _ABOUT}
    if naming([about["name"]], numbers.replaced):
        about["name"] = "codebook"
    ids = dict.fromkeys((*gathered.codebook.ids, *gathered.gone()))
    return replace(
        gathered, name="project", codebook=gathered.codebook.model_copy(update={**about, "codes": codes}),
        interviews=tuple(interviews), memos=memos, naming=naming(ids, numbers.replaced),
    )  # fmt: skip


class _Numbers:
    """Which number stands for which speaker: of respondents, the one that the report gives them."""

    def __init__(self, interviews: Sequence[Interview], *, language: str = "en") -> None:
        ordinary = dictionary(language)
        units = (unit.utterance for interview in interviews for unit in interview.units)
        self._given = respondents_of(one for one in units if one.codable)
        count = Counter({"R": len(self._given)})
        parts: dict[str, dict[str, None]] = {}  # of whom: by spellings
        for interview in interviews:
            for speaker, role in interview.transcript.speakers.items():
                key = person_of(interview.transcript.id, speaker)
                if key not in self._given:
                    letter = LETTERS[role]
                    count[letter] += 1
                    self._given[key] = f"{letter}{count[letter]}"
                if not key[0]:
                    for part in (speaker, *name_parts(speaker), *surname_halves(speaker, ordinary)):
                        parts.setdefault(part, {})[self._given[key]] = None
        self._said = Matcher(
            [
                # what two people are called tells of neither which one is meant
                Name(next(iter(who)) if len(who) == 1 else "N", "person", (part,), "speaker",
                     frozenset(() if {" ", "-"} & {*part} else (part,)))
                for part, who in parts.items()
            ],
            language="en",
        )  # fmt: skip

    def of(self, transcript_id: str, speaker: str) -> str:
        """The number of a speaker."""
        return self._given[person_of(transcript_id, speaker)]

    def said_in(self, text: str) -> list[tuple[int, int, str]]:
        """Where names stand in a text, and what becomes of them."""
        return [
            (one.start_char, one.end_char, one.name.placeholder if one.name else one.placeholder)
            for one in self._said.find(text)
        ]

    def replaced(self, text: str) -> str:
        """The text without names."""
        return _rewritten(text, self.said_in(text))[0]


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of the names as whole words in whatever case, the longest first."""
    some = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, some))})(?!\w)", re.IGNORECASE)


class _Renamer:
    """Writes one transcript anew."""

    def __init__(self, interview: Interview, id: str, numbers: _Numbers, own: Collection[str]) -> None:
        self.old, self.id, self.numbers, self.own = interview, id, numbers, own
        self.cuts = self._cuts(interview.transcript)
        self.text, self.starts, self.shifts = _rewritten(interview.transcript.text, self.cuts)

    def _cuts(self, transcript: Transcript) -> list[tuple[int, int, str]]:
        """What is replaced: labels between the turns, names everywhere."""
        of = {name.casefold(): self.numbers.of(transcript.id, name) for name in transcript.speakers}
        of.setdefault(transcript.id.casefold(), self.id)
        labels, cuts, at = _pattern(of), list[tuple[int, int, str]](), 0
        ends = [(turn.start_char, turn.end_char) for turn in transcript.turns]
        for start, end in [*ends, (len(transcript.text), len(transcript.text))]:
            outside = [
                (*one.span(), of.get(one[0].casefold(), self.id))
                for one in labels.finditer(transcript.text, at, start)
            ]
            cuts += outside
            at = end
        named = self.numbers.said_in(transcript.text)
        return sorted([*cuts, *(one for one in named if not _meets(one, cuts))])

    def moved(self, position: int, *, end: bool = False) -> int:
        """Where a position of the old text stands in the new one; within a name, at its start or end."""
        index = bisect_right(self.starts, position - 1 if end else position) - 1
        if index < 0:
            return position
        start, stop, name = self.cuts[index]
        if position >= stop:
            return position + self.shifts[index]
        new_start = start + (self.shifts[index - 1] if index else 0)
        return new_start + len(name) if end else new_start

    def interview(self) -> Interview:
        transcript = self.old.transcript
        spans = [
            replace(one, transcript_id=self.id, start_char=self.moved(one.start_char),
                    end_char=self.moved(one.end_char, end=True))
            for one in self.old.spans
        ]  # fmt: skip
        meta = {
            self.numbers.replaced(key): self.numbers.replaced(value) if isinstance(value, str) else value
            for key, value in transcript.meta.items()
            if isinstance(value, str | int | float | bool)
        }
        return Interview(
            replace(
                transcript, id=self.id, text=self.text, turns=tuple(map(self._turn, transcript.turns)),
                source="", sha256="", warnings=(), meta=meta,
            ),
            tuple(map(self._unit, self.old.units)),
            tuple(spans),
        )  # fmt: skip

    def _place(self, one: Any) -> dict[str, Any]:
        """What changes of a turn or an utterance."""
        start, end = self.moved(one.start_char), self.moved(one.end_char, end=True)
        speaker = self.numbers.of(self.old.transcript.id, one.speaker)
        text = self.text[start:end]
        return {"speaker": speaker, "text": text, "start_char": start, "end_char": end, "meta": {}}

    def _turn(self, turn: Turn) -> Turn:
        return replace(turn, unit_id=None, **self._place(turn))

    def _unit(self, unit: Unit) -> Unit:
        id = unit_name(unit.key, self.own)
        new = replace(unit.utterance, id=id, transcript_id=self.id, **self._place(unit.utterance))
        return replace(
            unit,
            utterance=new,
            suggestions=tuple(replace(one, utterance_id=id, evidence=()) for one in unit.suggestions),
        )


def unit_name(key: int, own: Collection[str] = ()) -> str:
    """The id of an utterance without the transcript's name in it; none of the project's `own` ids.

    >>> unit_name(3), unit_name(3, {"u3", "u4"})
    ('u3', 'u03')
    """
    digits = str(key)
    while f"u{digits}" in own:
        digits = f"0{digits}"
    return f"u{digits}"


def is_unit_name(id: str) -> bool:
    """Whether an id is of the kind that `unit_name` gives."""
    return re.fullmatch("u[0-9]+", id) is not None


def is_transcript_name(id: str) -> bool:
    """Whether it is what a transcript is called without names."""
    return re.fullmatch("T[0-9]+", id) is not None


def _rewritten(text: str, cuts: Sequence[tuple[int, int, str]]) -> tuple[str, list[int], list[int]]:
    """The text with each stretch replaced, where they start, and by how much what follows has moved."""
    pieces, starts, shifts, at, shift = list[str](), list[int](), list[int](), 0, 0
    for start, end, name in cuts:
        pieces += [text[at:start], name]
        shift += len(name) - (end - start)
        starts.append(start)
        shifts.append(shift)
        at = end
    return "".join([*pieces, text[at:]]), starts, shifts


def _meets(one: tuple[int, int, str], others: Iterable[tuple[int, int, str]]) -> bool:
    return any(one[0] < end and start < one[1] for start, end, _ in others)


def _memo(memo: Memo, names: Mapping[str, str], numbers: _Numbers) -> Memo:
    target = names.get(memo.target, memo.target) if memo.kind == "transcript" else memo.target
    return replace(memo, target=target, text=numbers.replaced(memo.text))


def _code(code: Code, numbers: _Numbers) -> Code:
    """The code; its lines may be quotes, and its words may name somebody."""
    lines = ("include", "exclude", "cues", "examples", "counter_examples")
    said = {name: tuple(map(numbers.replaced, getattr(code, name))) for name in lines}
    words = ("name", "definition", "theory")
    return code.model_copy(update={**said, **{name: numbers.replaced(getattr(code, name)) for name in words}})
