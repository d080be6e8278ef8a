"""Everything that a project holds and REFI-QDA carries, as its records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from autocode.codebook import Code
from autocode.codebook.qdc_format import EXCLUSIVE, code_guid, describe, make_guid
from autocode.exchange import refi
from autocode.exchange.gathered import (
    MACHINE,
    Choice,
    Gathered,
    Interview,
    Place,
    Placed,
    gather,
    placed,
    trimmed,
)

if TYPE_CHECKING:
    from autocode.records import Transcript
    from autocode.store import Memo, Project

ORIGIN = "autocode"
SPEAKER, ROLE = "speaker", "role"
LAST = datetime.max.replace(tzinfo=UTC)


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


def to_refi(project: Project, *, suggestions: bool = True) -> refi.Project:
    """The whole project: texts, speakers, codebook, what every coder said and wrote, and, with
    `suggestions`, what the machine suggests, in its own name.
    """
    return as_refi(gather(project, Choice(suggestions=suggestions)))


def as_refi(gathered: Gathered) -> refi.Project:
    """What was gathered of a project, in the standard's records."""
    return _Out(gathered).project()


def files(gathered: Gathered) -> Iterator[tuple[str, bytes]]:
    """The project as a .qdpx with LF line ends."""
    from autocode.exchange.refi_write import refi_bytes

    yield "", refi_bytes(as_refi(gathered))


@dataclass(slots=True)
class _Marks:
    """What lies on one stretch of a text."""

    codings: list[refi.Coding] = field(default_factory=list)
    memos: list[Memo] = field(default_factory=list)


class _Out:
    """Gathers what is on the transcripts before they are written."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered, self.book = gathered, gathered.codebook
        self.notes: dict[str, refi.Note] = {}
        self.users: dict[str, refi.User] = {}
        self.used: set[str] = set()  # codes that decisions name
        self.memos_of: dict[str, list[str]] = defaultdict(list)  # codes with memos, by what they are now
        self.variables: dict[str, refi.Variable] = {}
        self.cases: list[refi.Case] = []

    def _memos(self, kind: str, target: str) -> tuple[Memo, ...]:
        return self.gathered.memos.get((kind, target), ())

    def project(self) -> refi.Project:
        sources = tuple(map(self._source, self.gathered.interviews))
        about = self._memos("project", "")
        notes = self._notes(about)
        codes = self._codes()
        lead, has_names = self.gathered.lead, self.gathered.choice.names
        maker = self._user(lead) if lead and has_names else user_guid(lead)
        return refi.Project(
            name=self.gathered.name,
            origin=ORIGIN,
            user=maker if maker in self.users else None,
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
        for id in (id for kind, id in self.gathered.memos if kind == "code"):
            self.memos_of[self.gathered.kept(id)].append(id)
        gone = sorted((self.used | self.memos_of.keys()) - set(self.book.ids))
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
            notes=self._notes(memo for id in self.memos_of[code.id] for memo in self._memos("code", id)),
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

    def _source(self, interview: Interview) -> refi.Source:
        transcript = interview.transcript
        guid = make_guid("source", transcript.id, transcript.text)
        places: dict[Place, _Marks] = defaultdict(_Marks)
        for turn in transcript.turns:
            places[turn.start_char, turn.end_char]  # the speaker's case refers to it
        self._add_codes(interview, guid, places)
        selections = tuple(self._selection(guid, place, places[place]) for place in sorted(places))
        self._add_cases(transcript, guid)
        about = self._memos("transcript", transcript.id)
        return refi.Source(
            guid=guid,
            name=transcript.id,
            text=transcript.text,
            description=_joined(about),
            selections=selections,
            notes=self._notes(about),
            values=tuple(self._values(transcript.meta)),
        )

    def _add_codes(self, interview: Interview, source: str, places: dict[Place, _Marks]) -> None:
        for one in placed(interview):
            self._add(places, source, one)
        for unit in interview.units:
            if memos := self._memos("utterance", str(unit.key)):
                place = trimmed(interview.transcript.text, unit.utterance.start_char, unit.utterance.end_char)
                places[place].memos += memos

    def _add(self, places: dict[Place, _Marks], source: str, one: Placed) -> None:
        """A coding of a code as it is now, once of each kind."""
        if one.coder == MACHINE:
            user = MACHINE_GUID
            self.users.setdefault(user, refi.User(user, MACHINE))
        else:
            user = self._user(one.coder)
        code = self.gathered.kept(one.code)
        self.used.add(code)
        guid = coding_guid(one.kind, source, one.place, code_guid(code), user)
        codings = places[one.place].codings
        if guid not in {known.guid for known in codings}:
            codings.append(refi.Coding(guid, code_guid(code), user, one.at))

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
