"""Everything that a project holds and REFI-QDA carries, as its records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from autocode.codebook import Code, Codebook, read_codebook
from autocode.codebook.qdc_format import EXCLUSIVE, code_guid, describe, make_guid
from autocode.exchange import refi

if TYPE_CHECKING:
    from autocode.records import Transcript
    from autocode.store import Decided, Memo, Project, Reading, Span

ORIGIN = "autocode"
MACHINE = "autocode (suggestions)"
SPEAKER, ROLE = "speaker", "role"
LAST = datetime.max.replace(tzinfo=UTC)
Place = tuple[int, int]  # start_char, end_char


def user_guid(name: str) -> str:
    """The GUID of a coder."""
    return make_guid("user", name)


MACHINE_GUID = make_guid("machine")


def variable_guid(name: str, kind: str) -> str:
    """The GUID of a variable."""
    return make_guid("variable", name, kind)


def coding_guid(kind: str, source: str, place: Place, code: str, user: str) -> str:
    """The GUID of a coding, which also says what it was: a `decision` on an utterance, a `span` whose
    utterances were decided alike, or a span `alone`. GUIDs are those of the source, code and user.
    """
    return make_guid("coding", kind, source, str(place[0]), str(place[1]), code, user)


def trimmed(text: str, start: int, end: int) -> Place:
    """The stretch without the white space at its ends."""
    said = text[start:end]
    return start + len(said) - len(said.lstrip()), start + len(said.rstrip())


def overlapped(reading: Reading, text: str, place: Place) -> list[int]:
    """Positions in `reading` of the utterances of whose words the stretch holds some."""
    start, end = place
    return [
        position
        for position, one in enumerate(reading.utterances)
        if one.start_char < end
        and one.end_char > start
        and text[max(start, one.start_char) : min(end, one.end_char)].strip()
    ]


def to_refi(project: Project, *, suggestions: bool = True) -> refi.Project:
    """The whole project: texts, speakers, codebook, what every coder said and wrote, and, with
    `suggestions`, what the machine suggests, in its own name.
    """
    return _Out(project, suggestions=suggestions).project()


@dataclass(slots=True)
class _Marks:
    """What lies on one stretch of a text."""

    codings: list[refi.Coding] = field(default_factory=list)
    memos: list[Memo] = field(default_factory=list)


class _Out:
    """Gathers what is on the transcripts before they are written."""

    def __init__(self, project: Project, *, suggestions: bool) -> None:
        from autocode.store import ReviewStore

        self.store, self.folder = project.store, project.folder
        self.review, self.suggestions = ReviewStore(project.store), suggestions
        self.book: Codebook = read_codebook(project.codebook_path, allow_empty=True)
        self.said: dict[int, dict[tuple[str, str], Decided]] = defaultdict(dict)  # by unit, coder and code
        for one in self.review.decided():
            self.said[one.unit][one.coder, one.code] = one
        self.spans: dict[str, list[Span]] = defaultdict(list)
        for span in self.review.all_spans():
            if span.applies:
                self.spans[span.transcript_id].append(span)
        self.memos: dict[tuple[str, str], list[Memo]] = defaultdict(list)
        for memo in sorted(self.review.memos(), key=lambda one: (one.written_at, one.coder)):
            self.memos[memo.kind, memo.target].append(memo)
        self.notes: dict[str, refi.Note] = {}
        self.users: dict[str, refi.User] = {}
        self.used: set[str] = set()  # codes that decisions name
        self.variables: dict[str, refi.Variable] = {}
        self.cases: list[refi.Case] = []

    def project(self) -> refi.Project:
        latest = self.review.latest_codings()
        sources = tuple(
            self._source(self.store.transcript(one.id), coded=one.id in latest)
            for one in self.store.transcripts()
        )
        about = self.memos["project", ""]
        notes = self._notes(about)
        codes = self._codes()
        return refi.Project(
            name=self.folder.name,
            origin=ORIGIN,
            users=tuple(self.users[guid] for guid in sorted(self.users)),
            codes=codes,
            variables=tuple(self.variables.values()),
            cases=tuple(self.cases),
            sources=sources,
            memos=tuple(self.notes[guid] for guid in sorted(self.notes)),
            sets=tuple(
                refi.Set(
                    make_guid("group", *group), f"Exclusive group {number}", EXCLUSIVE,
                    tuple(code_guid(id) for id in group),
                )
                for number, group in enumerate(self.book.exclusive_groups, start=1)
            ),
            description=_joined(about),
            notes=notes,
        )  # fmt: skip

    def _user(self, name: str) -> str:
        guid = user_guid(name)
        self.users.setdefault(guid, refi.User(guid, name))
        return guid

    def _codes(self) -> tuple[refi.Code, ...]:
        """The codebook, parents first, and codes that are gone from it but were given."""
        children: dict[str | None, list[Code]] = defaultdict(list)
        for code in self.book.codes:
            children[code.parent].append(code)
        stack, found = list(reversed(children[None])), list[refi.Code]()
        gone = sorted((self.used | {id for kind, id in self.memos if kind == "code"}) - set(self.book.ids))
        while stack:
            code = stack.pop()
            stack.extend(reversed(children.get(code.id, [])))
            found.append(self._code(code))
        return (*found, *(self._code(Code(id=id, name=id.replace(" > ", " / "))) for id in gone))

    def _code(self, code: Code) -> refi.Code:
        return refi.Code(
            guid=code_guid(code.id),
            name=code.name,
            parent=None if code.parent is None else code_guid(code.parent),
            colour=code.colour,
            description=describe(code),
            notes=self._notes(self.memos.get(("code", code.id), [])),
        )

    def _notes(self, memos: Iterable[Memo], *, place: str = "") -> tuple[str, ...]:
        """The GUIDs of memos, which are kept as notes; `place` names the utterance that they are on."""
        guids = []
        for memo in memos:
            guid = make_guid("memo", memo.kind, place or memo.target, memo.coder)
            self.notes[guid] = refi.Note(guid, memo.text, "", self._user(memo.coder), memo.written_at)
            guids.append(guid)
        return tuple(guids)

    # Transcripts

    def _source(self, transcript: Transcript, *, coded: bool) -> refi.Source:
        guid = make_guid("source", transcript.id, transcript.text)
        places: dict[Place, _Marks] = defaultdict(_Marks)
        for turn in transcript.turns:
            places[turn.start_char, turn.end_char]  # the speaker's case refers to it
        if coded:
            self._add_reading(transcript, guid, places)
        selections = tuple(self._selection(guid, place, places[place]) for place in sorted(places))
        self._add_cases(transcript, guid)
        about = self.memos["transcript", transcript.id]
        return refi.Source(
            guid=guid,
            name=transcript.id,
            text=transcript.text,
            description=_joined(about),
            selections=selections,
            notes=self._notes(about),
            values=tuple(self._values(transcript.meta)),
        )

    def _add_reading(self, transcript: Transcript, source: str, places: dict[Place, _Marks]) -> None:
        text, reading = transcript.text, self.review.reading(transcript.id)
        implied: set[tuple[int, str, str]] = set()  # unit, coder, code: a span's import decides it again
        for span in self.spans[transcript.id]:
            units = [
                reading.keys[position]
                for position in overlapped(reading, text, (span.start_char, span.end_char))
                if reading.utterances[position].codable
            ]
            same = all(self._was_decided_with(unit, span) for unit in units)
            implied |= {(unit, span.coder, span.code) for unit in units} if same else set()
            self._add(places, source, "span" if same else "alone", (span.start_char, span.end_char),
                      span.coder, span.code, span.decided_at)  # fmt: skip
        for key, one in zip(reading.keys, reading.utterances, strict=True):
            place = trimmed(text, one.start_char, one.end_char)
            for (coder, code), decided in self.said.get(key, {}).items():
                if decided.applies and (key, coder, code) not in implied:
                    self._add(places, source, "decision", place, coder, code, decided.decided_at)
            if memos := self.memos.get(("utterance", str(key))):
                places[place].memos += memos
            for suggestion in reading.suggestions.get(key, ()) if self.suggestions else ():
                if suggestion.decision != "reject":
                    self._add(places, source, "decision", place, None, suggestion.code_id, None)

    def _was_decided_with(self, unit: int, span: Span) -> bool:
        """Does the coder say the same of the utterance since the very moment of the span?"""
        decided = self.said.get(unit, {}).get((span.coder, span.code))
        return decided is not None and bool(decided.applies) and decided.decided_at == span.decided_at

    def _add(  # noqa: PLR0917
        self, places: dict[Place, _Marks], source: str, kind: str, place: Place, coder: str | None, code: str,
        at: datetime | None,
    ) -> None:  # fmt: skip
        if coder is None:
            user = MACHINE_GUID
            self.users.setdefault(user, refi.User(user, MACHINE))
        else:
            user = self._user(coder)
        self.used.add(code)
        guid = coding_guid(kind, source, place, code_guid(code), user)
        places[place].codings.append(refi.Coding(guid, code_guid(code), user, at))

    def _selection(self, source: str, place: Place, marks: _Marks) -> refi.Selection:
        codings = sorted(marks.codings, key=lambda one: (one.created_at or LAST, one.guid))
        first = codings[0] if codings else None
        guid = _selection_guid(source, place)
        return refi.Selection(
            guid=guid,
            start_char=place[0],
            end_char=place[1],
            description=_joined(marks.memos),
            user=first.user if first else None,
            created_at=first.created_at if first else None,
            codings=tuple(codings),
            notes=self._notes(marks.memos, place=guid),
        )

    def _add_cases(self, transcript: Transcript, source: str) -> None:
        """One case for each speaker of a transcript, with the turns that are his or hers."""
        for speaker, role in transcript.speakers.items():
            turns = [turn for turn in transcript.turns if turn.speaker == speaker]
            self.cases.append(
                refi.Case(
                    guid=make_guid("case", source, speaker),
                    name=f"{transcript.id}: {speaker}",
                    values=tuple(self._values({SPEAKER: speaker, ROLE: role})),
                    sources=(source,),
                    selections=tuple(_selection_guid(source, (t.start_char, t.end_char)) for t in turns),
                )
            )

    def _values(self, meta: Mapping[str, Any]) -> Iterable[refi.Value]:
        for name, given in meta.items():
            value: refi.Scalar = given if isinstance(given, str | bool | int) else json.dumps(given)
            if isinstance(given, float) and isfinite(given):
                value = Decimal(repr(given))
            kind: refi.VariableKind = (
                "Boolean" if isinstance(value, bool) else "Integer" if isinstance(value, int)
                else "Float" if isinstance(value, Decimal) else "Text"
            )  # fmt: skip
            guid = variable_guid(name, kind)
            self.variables.setdefault(guid, refi.Variable(guid, name, kind))
            if given is not None:
                yield refi.Value(guid, value)


def _selection_guid(source: str, place: Place) -> str:
    return make_guid("selection", source, str(place[0]), str(place[1]))


def _joined(memos: Iterable[Memo]) -> str:
    return "\n\n".join(memo.text for memo in memos)
