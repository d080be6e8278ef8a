"""Takes another program's project over: first a plan that can be looked at, then all that is new of it.

Importing the same again stores nothing: texts are known by what they say, codes by GUID, path or name,
decisions by coder, place and date. What a coder decided here later than in the file stays.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from autocode.codebook import Code, Codebook, Succession, read_codebook, rewrite_codebook
from autocode.codebook.edit import id_stem
from autocode.codebook.qdc_format import EXCLUSIVE, code_guid, described, fit_name, free_id
from autocode.config import Settings, read_settings
from autocode.digests import digest
from autocode.errors import CodebookError, ExchangeError, ReadError, StoreError
from autocode.exchange import refi
from autocode.exchange.gathered import overlapped, trimmed
from autocode.exchange.project_out import (
    MACHINE_GUID,
    ORIGIN,
    ROLE,
    SPEAKER,
    coding_guid,
    user_guid,
    variable_guid,
)
from autocode.exchange.refi_read import Opened, counted
from autocode.limits import MOST_LINES
from autocode.pipeline import Coder
from autocode.read import Found, make_id
from autocode.read import Source as ReadSource
from autocode.read.dialogue import count_lines, split_dialogue, split_lines
from autocode.read.finish import finish
from autocode.records import Role, Transcript, Turn

if TYPE_CHECKING:
    from autocode.store import Account, Decided, Memo, Project, Reading, ReviewStore, Span

FORMAT = "refi-qda"
UNKNOWN_CODER = "Unknown coder"
MAX_NAME = 80
MOST_LISTED = 8  # codes in one sentence
MOST_CASES = 50  # of one source whose names and values are kept apart
_SUFFIXES = {".txt", ".docx", ".doc", ".rtf", ".pdf", ".odt", ".md", ".vtt", ".srt"}
Note = tuple[str | None, datetime | None, str]  # user, date, text


@dataclass(frozen=True, slots=True)
class Incoming:
    """A source of the file, and the transcript that it is or becomes."""

    source: refi.Source
    transcript: Transcript
    is_new: bool

    @property
    def n_codings(self) -> int:
        """People's codings on it."""
        return sum(1 for _, one in _human(self.source))


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a file into a project would do. Nothing is stored yet."""

    opened: Opened
    incoming: tuple[Incoming, ...]
    previous: Codebook
    codebook: Codebook
    code_ids: Mapping[str, str]  # of the file's codes, by GUID
    coders: Mapping[str | None, str]  # names by the user's GUID; None: whoever is not named
    new_coders: tuple[str, ...]
    n_machine: int  # the machine's own suggestions, which are not taken over
    warnings: tuple[str, ...]

    @property
    def new_codes(self) -> tuple[str, ...]:
        """Ids of codes that the project does not have."""
        return tuple(id for id in self.codebook.ids if id not in self.previous)

    @property
    def n_codings(self) -> int:
        """People's codings in the file, on texts that can be taken over."""
        return sum(one.n_codings for one in self.incoming)


@dataclass(slots=True)
class Stored:
    """How much an import stored."""

    transcripts: int = 0
    codes: int = 0
    coders: int = 0
    decisions: int = 0
    spans: int = 0
    memos: int = 0
    finished: int = 0  # utterances that a coder is done with

    @property
    def nothing(self) -> bool:
        """Was everything there already?"""
        return not any(astuple(self))


def plan_import(project: Project, opened: Opened) -> Plan:
    """What of a file is new to the project. Raises where the two cannot be brought together."""
    from autocode.store import ReviewStore

    warnings = list[str]()
    incoming = _incoming(project, opened, warnings)
    previous = read_codebook(project.codebook_path, allow_empty=True)
    review = ReviewStore(project.store)
    try:
        codebook, code_ids = merged_codebook(previous, opened.project, review.known_codes(), warnings)
    except CodebookError as error:
        raise ExchangeError(f"{opened.path}: {error}") from None
    names = coder_names(opened.project, warnings)
    here = {one.name.casefold() for one in review.accounts()}
    new = [name for name in dict.fromkeys(names.values()) if name.casefold() not in here]
    machine = sum(
        one.user == MACHINE_GUID
        for source in opened.project.sources for each in source.selections for one in each.codings
    )  # fmt: skip
    return Plan(
        opened, tuple(incoming), previous, codebook, code_ids, names,
        tuple(name for name in new if name != "consensus"), machine, tuple(warnings),
    )  # fmt: skip


def import_plan(
    project: Project, plan: Plan, *, on_wait: Callable[[str], None] | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Stored:  # fmt: skip
    """Store what is new of a plan; `done` hears of each transcript's id.

    An import that is broken off is finished by importing the file again.
    """
    with project.lock(on_wait=on_wait):
        return _In(project, plan).store(done)


# The plan


def _human(source: refi.Source) -> Iterable[tuple[refi.Selection | None, refi.Coding]]:
    """People's codings: on stretches, and (None) on the source as a whole."""
    yield from ((one, coding) for one in source.selections for coding in one.codings
                if coding.user != MACHINE_GUID)  # fmt: skip
    yield from ((None, coding) for coding in source.codings if coding.user != MACHINE_GUID)


def _incoming(project: Project, opened: Opened, warnings: list[str]) -> list[Incoming]:
    """Each source with the transcript of its text; sources of one text are one only if their names are."""
    sources = [one for one in opened.project.sources if one.text is not None]
    taken = {summary.id for summary in project.store.transcripts()}
    cases = cases_of_sources(opened.project)
    here = _with_texts(project, {one.text or "" for one in sources})
    stored = _stored(opened, sources, here, cases, warnings)
    known: dict[tuple[str, str], Transcript] = {}  # by text and name, of the file
    texts = {text for text, there in here.items() if there}
    found: list[Incoming] = []
    for source in sources:
        key = (source.text or "", source.name)
        if key in stored:
            found.append(Incoming(source, stored[key], is_new=False))
        elif key in known:
            warnings.append(f"'{source.name}' has the same text as '{known[key].id}'; they become one")
            found.append(Incoming(source, known[key], is_new=False))
        else:
            try:
                around = cases.get(source.guid, ())
                transcript = transcript_of(opened, source, taken, around, is_second=source.text in texts)
            except ReadError:
                warnings.append(f"nobody says anything in '{source.name}'; it is left out")
                continue
            taken.add(transcript.id)
            texts.add(source.text or "")
            known[key] = transcript
            found.append(Incoming(source, transcript, is_new=True))
            warnings += [f"{transcript.id}: {warning}" for warning in transcript.warnings]
            if len(around) > MOST_CASES and opened.project.origin != ORIGIN:
                warnings.append(
                    f"{transcript.id}: {len(around):,} cases share this text; wherein they differ is left out"
                )
    return found


def _with_texts(project: Project, texts: Iterable[str]) -> dict[str, dict[str, Transcript]]:
    """The project's transcripts with each of these texts, by their ids."""
    here: dict[str, dict[str, Transcript]] = {text: {} for text in texts}
    lengths = set(map(len, here))
    for summary in project.store.transcripts():
        if summary.n_chars in lengths:
            transcript = project.store.transcript(summary.id)
            here.get(transcript.text, {})[transcript.id] = transcript
    return here


def _stored(
    opened: Opened, sources: Sequence[refi.Source], here: Mapping[str, Mapping[str, Transcript]],
    cases: Mapping[str, Sequence[refi.Case]], warnings: list[str],
) -> dict[tuple[str, str], Transcript]:  # fmt: skip
    """Transcripts of the project that sources of the file are, by text and name.

    Of several with one text it is the one with the source's id, else the first that is no other source's
    and of which the file does not say otherwise.
    """
    free = {text: dict(there) for text, there in here.items()}
    keys = {(one.text or "", one.name): one for one in sources}
    ids = {key: _id_of(opened, one) for key, one in keys.items()}
    found = {key: free[key[0]].pop(id) for key, id in ids.items() if id in free[key[0]]}
    for key, source in keys.items():
        if key in found or not free[key[0]]:
            continue
        meta = _meta(opened.project, source, cases.get(source.guid, ()))
        alike = [id for id, one in free[key[0]].items() if not _contradicts(meta, one.meta)]
        if alike:
            found[key] = free[key[0]].pop(alike[0])
            if not _is_numbered(alike[0], ids[key]):
                warnings.append(f"'{source.name}' has the same text as '{alike[0]}' here; they become one")
    return found


def _contradicts(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two texts' names of cases, or values of variables, differ? What only one of them has does not."""
    told = {"case", "cases"}
    own, others = told & one.keys(), told & other.keys()
    return bool(own and others and own != others) or any(
        name in other and other[name] != value for name, value in one.items()
    )


def _is_numbered(id: str, stem: str) -> bool:
    """Is it the id, perhaps with the number that it has where the id was taken?"""
    return re.fullmatch(rf"{re.escape(stem)}(?:-\d+)?", id, re.IGNORECASE) is not None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _id_of(opened: Opened, source: refi.Source) -> str:
    """The id that a source's transcript has unless it is taken."""
    if opened.project.origin == ORIGIN and source.name:
        return source.name
    path = PurePath(source.name)
    stem = path.stem if path.suffix.lower() in _SUFFIXES else source.name
    return make_id(stem, _sha256(source.text or ""))


def transcript_of(
    opened: Opened, source: refi.Source, taken: set[str], cases: Sequence[refi.Case], *,
    is_second: bool = False,
) -> Transcript:  # fmt: skip
    """A source of these cases as a transcript with an id that is none of `taken`.

    `is_second`: another source has the same text.

    Raises `ReadError` where nobody speaks, and `ExchangeError` for a text with too many lines.
    """
    text = source.text or ""
    if count_lines(text) > MOST_LINES:
        raise ExchangeError(f"{opened.path}: '{source.name}' has more than {MOST_LINES:,} lines; refused")
    sha256 = _sha256(text)
    stem = id = _id_of(opened, source)
    number = 1
    while id in taken:
        number += 1
        id = f"{stem}-{number}"
    meta = _meta(opened.project, source, cases)
    turns = _turns(source, cases)
    if turns is None:
        pieces, more = split_dialogue(text, split_lines(text))
        found = finish(
            ReadSource(source.name, b""), Found(text, pieces, more, id=id, meta=meta), reader=FORMAT, stem=id,
            file_name=opened.path.name, sha256=sha256,
        )  # fmt: skip
    else:
        found = Transcript(
            id=id, text=text, turns=turns, format=FORMAT, source=opened.path.name, sha256=sha256, meta=meta
        )
    return apart(found) if is_second else found


def apart(transcript: Transcript) -> Transcript:
    """The transcript as one that the store does not take for another with the same text."""
    return replace(transcript, sha256=_sha256(f"{transcript.id}\n{transcript.sha256}"))


def _turns(source: refi.Source, cases: Sequence[refi.Case]) -> tuple[Turn, ...] | None:
    """The turns that autocode's own cases name; None where they do not tell them."""
    text, places = source.text or "", {one.guid: (one.start_char, one.end_char) for one in source.selections}
    speaker_key, role_key = variable_guid(SPEAKER, "Text"), variable_guid(ROLE, "Text")
    found: list[tuple[int, int, str, Role]] = []
    for case in cases:
        values = {one.variable: one.value for one in case.values}
        speaker, role = values.get(speaker_key), values.get(role_key)
        if source.guid in case.sources and isinstance(speaker, str) and role in get_args(Role):
            found += [
                (*places[guid], speaker, role) for guid in case.selections if guid in places  # type: ignore[misc]
            ]  # fmt: skip
    found.sort(key=lambda one: one[:2])
    apart = all(before[1] <= after[0] for before, after in pairwise(found))
    if not found or not apart:
        return None
    return tuple(
        Turn(index, speaker, role, text[start:end], start, end)
        for index, (start, end, speaker, role) in enumerate(found)
    )


def cases_of_sources(project: refi.Project) -> Mapping[str, Sequence[refi.Case]]:
    """The cases of each source, by its GUID: those that name it, a stretch of it, or a code that it has."""
    place_of: dict[str, str] = {}
    having: dict[str, dict[str, None]] = defaultdict(dict)  # sources, by a code's GUID
    for source in project.sources:
        place_of |= dict.fromkeys((one.guid for one in source.selections), source.guid)
        for codings in (source.codings, *(one.codings for one in source.selections)):
            for one in codings:
                having[one.code][source.guid] = None
    found: dict[str, list[refi.Case]] = defaultdict(list)
    for case in project.cases:
        guids = [*case.sources, *(place_of[guid] for guid in case.selections if guid in place_of)]
        guids += [guid for code in case.codes for guid in having.get(code, ())]
        for guid in dict.fromkeys(guids):
            found[guid].append(case)
    return found


def _meta(project: refi.Project, source: refi.Source, cases: Sequence[refi.Case]) -> dict[str, Any]:
    """What variables say of a source, by their names, and what its cases say of themselves."""
    names = {one.guid: one.name for one in project.variables}
    own = {variable_guid(SPEAKER, "Text"), variable_guid(ROLE, "Text")}
    found = _of_cases(names, [one for one in cases if own.isdisjoint(v.variable for v in one.values)])
    for one in source.values:
        if one.variable in names and one.value is not None:
            found[names[one.variable]] = _plain(one.value)
    for group in project.sets:  # ATLAS.ti's groups of documents, such as "age: 67"
        if source.guid in group.sources:
            name, colon, value = group.name.partition(": ")
            found.setdefault(name if colon else group.name, value if colon else True)
    return found


def _of_cases(names: Mapping[str, str], cases: Sequence[refi.Case]) -> dict[str, Any]:
    """Names and values of a source's cases: "age", or "age (Ann)" where another case says otherwise."""
    given = [
        (case, one.variable, one.value)
        for case in cases for one in case.values if one.variable in names and one.value is not None
    ]  # fmt: skip
    said: dict[str, set[refi.Scalar]] = defaultdict(set)
    for _, variable, value in given:
        said[variable].add(value)
    called = [case.name for case in cases if case.name]
    found: dict[str, Any] = {}
    if called and len(cases) <= MOST_CASES:
        found["case" if len(called) == 1 else "cases"] = "; ".join(called)
    for case, variable, value in given:
        if len(said[variable]) == 1:
            found[names[variable]] = _plain(value)
        elif len(cases) <= MOST_CASES:
            found[f"{names[variable]} ({case.name})"] = _plain(value)
    return found


def _plain(value: refi.Scalar) -> Any:
    if isinstance(value, str | bool | int):
        return value
    return float(value) if isinstance(value, Decimal) else value.isoformat()


def merged_codebook(
    book: Codebook, project: refi.Project, known: set[str], warnings: list[str]
) -> tuple[Codebook, dict[str, str]]:  # fmt: skip
    """The codebook with the file's codes, and the id of each of these.

    `known` are ids that decisions name: a code of ours that was taken out of the codebook stays out.
    """
    name_of = {one.guid: fit_name(one.name) for one in project.codes}
    n_names = Counter(name.casefold() for name in name_of.values())
    by_guid = {code_guid(id): id for id in (*known, *book.ids)}
    by_path = _grouped((book.path(id), id) for id in book.ids)  # a category and a code may have one path
    by_name = _grouped((code.name, code.id) for code in book.codes)
    taken, ids = {id.casefold() for id in (*known, *book.ids)}, dict[str, str]()
    paths: dict[str, str] = {}  # in the file
    places: dict[str, str] = {}  # in the codebook, below what the code above has become
    new: list[Code] = []
    known_here = set[str]()  # codes of the book that one of the file's is
    otherwise, by_name_alone = list[str](), list[str]()
    for one in project.codes:
        name = name_of[one.guid]
        above = paths.get(one.parent or "")
        paths[one.guid] = path = name if above is None else f"{above} > {name}"
        beyond = places.get(one.parent or "")
        places[one.guid] = place = name if beyond is None else f"{beyond} > {name}"
        near = (id for way in (place, path) for id in by_path.get(way.casefold(), ()))
        free = (id for id in near if id not in known_here)
        same = by_guid.get(one.guid) or next(free, None)
        same_name = by_name.get(name.casefold(), [])
        if same is None and len(same_name) == 1 and n_names[name.casefold()] == 1:
            same = same_name[0] if _agree(book, same_name[0], one, name_of.get(one.parent or "")) else None
            by_name_alone += [f"'{path}' is '{book.path(same)}'"] if same is not None else []
        if same is not None:
            if same in book and one.guid not in by_guid and _is_defined_otherwise(book[same], one):
                otherwise.append(f"'{path}'")
            ids[one.guid] = same
            if same in book:  # else: taken out of it
                places[one.guid] = book.path(same)
            known_here.add(same)
            continue
        values = described(one.description.strip("\n"))
        wanted = str(values.pop("id", "")).strip() or id_stem(name)
        ids[one.guid] = id = free_id(wanted, taken)
        taken.add(id.casefold())
        parent = ids.get(one.parent or "")
        new.append(Code(id=id, name=name, parent=parent, colour=one.colour, **values))
    warnings += _on_known_codes(by_name_alone, otherwise)
    n_sets = sum(bool(one.codes) and one.description.strip() != EXCLUSIVE for one in project.sets)
    if n_sets:
        warnings.append(f"{counted(n_sets, 'set of codes')}: left out; a codebook here has no such sets")
    if not new:
        return book, ids
    merged = book.model_copy(update={"codes": (*book.codes, *new)})
    return _with_groups(merged, project, ids, {code.id for code in new}, warnings), ids


def _with_groups(
    book: Codebook, project: refi.Project, ids: Mapping[str, str], fresh: set[str], warnings: list[str]
) -> Codebook:
    """The codebook with the file's exclusive groups of codes that are all new."""
    for group in project.sets:
        members = tuple(ids[guid] for guid in group.codes if guid in ids)
        if group.description.strip() == EXCLUSIVE and len(members) > 1 and fresh.issuperset(members):
            try:
                book = book.model_copy(update={"exclusive_groups": (*book.exclusive_groups, members)})
            except CodebookError as problem:
                warnings.append(f"the set '{group.name}' cannot be an exclusive group: {problem}")
    return book


def _grouped(named: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Ids by their name, in any letters."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, id in named:
        found[name.casefold()].append(id)
    return found


def _on_known_codes(by_name_alone: Sequence[str], otherwise: Sequence[str]) -> Iterator[str]:
    if by_name_alone:
        yield f"codes known by their names alone: {_listed(by_name_alone)}"
    if otherwise:
        yield f"described otherwise than in the codebook, whose words stay: {_listed(otherwise)}"


def _agree(book: Codebook, id: str, code: refi.Code, above: str | None) -> bool:
    """May a code of the file be the book's one of its name: speaks neither place nor meaning against it?"""
    parent = book[id].parent
    elsewhere = parent is not None and above is not None and book[parent].name.casefold() != above.casefold()
    return not elsewhere and not (book[id].definition and _is_defined_otherwise(book[id], code))


def _is_defined_otherwise(here: Code, code: refi.Code) -> bool:
    definition = " ".join(str(described(code.description)["definition"]).split())
    return bool(definition) and definition.casefold() != " ".join(here.definition.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def coder_names(project: refi.Project, warnings: list[str]) -> dict[str | None, str]:
    """The name of everybody who coded or wrote something, no two alike."""
    writers: dict[str | None, None] = {}
    for source in project.sources:
        if source.text is not None:
            writers |= dict.fromkeys(coding.user for _, coding in _human(source))
            writers |= dict.fromkeys(user for _, notes in _notes_on(project, source) for user, _, _ in notes)
    writers |= dict.fromkeys(user for _, notes in _notes_elsewhere(project) for user, _, _ in notes)
    if project.origin == ORIGIN and project.user is not None:  # who leads it
        writers[project.user] = None
    given = {one.guid: one.name for one in project.users}
    found: dict[str | None, str] = {}
    used = set[str]()
    for guid in writers:
        name = fit_coder(given.get(guid or "", "")) or UNKNOWN_CODER
        if name.casefold() == "consensus" and guid != user_guid("consensus"):
            name = "consensus (imported)"
            warnings.append(
                f"a coder of the file is called 'consensus', the name of what coders agree on here: '{name}'"
            )
        number, stem = 1, name
        while name.casefold() in used:
            number += 1
            name = f"{stem[: MAX_NAME - 4]} {number}"
        used.add(name.casefold())
        found[guid] = name
    return found


def fit_coder(name: str) -> str:
    """A name that an account can have; empty where nothing is left of it."""
    letters = (" " if unicodedata.category(one)[0] == "C" else one for one in name)
    return " ".join("".join(letters).split())[:MAX_NAME].strip()


# Notes


def _notes_on(
    project: refi.Project, source: refi.Source
) -> Iterable[tuple[refi.Selection | None, list[Note]]]:  # fmt: skip
    """What was written on a source's stretches, and (None) on itself."""
    memos = {one.guid: one for one in project.memos}
    title = project.origin != ORIGIN
    for one in source.selections:
        inner = [guid for coding in one.codings for guid in coding.notes]
        coders = {coding.user for coding in one.codings}
        user = one.user or (coders.pop() if len(coders) == 1 else None)
        if notes := _notes(memos, (*one.notes, *inner), one.description, user, one.created_at, title=title):
            yield one, notes
    if notes := _notes(
        memos, (*source.notes, *(guid for one in source.codings for guid in one.notes)), source.description,
        source.user, source.created_at, title=title,
    ):  # fmt: skip
        yield None, notes


def _notes_elsewhere(project: refi.Project) -> Iterable[tuple[str, list[Note]]]:
    """What was written on codes, by the code's GUID, and ("") on the project."""
    memos, title = {one.guid: one for one in project.memos}, project.origin != ORIGIN
    for code in project.codes:
        if notes := _notes(memos, code.notes, "", None, None, title=title):
            yield code.guid, notes
    notes = _notes(memos, project.notes, project.description, project.user, project.created_at, title=title)
    about_these: list[tuple[str, str]] = [(one.name, one.description) for one in project.variables]
    about_these += [(one.name, one.description) for one in project.cases]
    about_these += [
        (one.name, one.description) for one in project.sets if one.description.strip() != EXCLUSIVE
    ]
    notes += [
        (project.user, project.created_at, f"{name}\n\n{about}".strip())
        for name, about in about_these
        if about.strip()
    ]
    if notes:
        yield "", notes


def _notes(
    memos: Mapping[str, refi.Note], guids: Sequence[str], description: str, user: str | None,
    at: datetime | None, *, title: bool,
) -> list[Note]:  # fmt: skip
    """The notes on something; its description is one more, unless it only repeats them."""
    found = [memos[guid] for guid in dict.fromkeys(guids) if guid in memos]
    notes = [
        (one.user, one.created_at, f"{one.name}\n\n{one.text}"
         if title and one.name and not one.text.startswith(one.name) else one.text)
        for one in found
    ]  # fmt: skip
    if description.strip() and description.strip() != "\n\n".join(one.text for one in found).strip():
        notes.append((user, at, description))
    return [note for note in notes if note[2].strip()]


# Storing


def store_codebook(project: Project, previous: Codebook, codebook: Codebook, *, file: str) -> int:
    """Write a codebook with codes from a file in the place of the previous one; how many are new."""
    n = len(codebook.ids) - len(previous.ids)
    if n:
        rewrite_codebook(codebook, project.codebook_path, previous=previous)
    note = f"{n} codes imported from {file}" if n else ""
    project.store.add_codebook(codebook.digest, codebook.model_dump_json(), note=note)
    return n


def store_reading(project: Project, segmenter: Coder, settings: Settings, transcript_id: str) -> None:
    """Cut a transcript into utterances, so that decisions can refer to them."""
    from autocode.store import Coding

    segmentation = digest(settings.segment.model_dump(mode="json"))
    utterances = segmenter.segment(project.store.transcript(transcript_id))
    n_codable = sum(one.codable for one in utterances)
    project.store.save_coding(
        f"imported-{segmentation}",
        transcript_id,
        Coding(utterances, (), np.zeros((n_codable, 0), np.float32), ()),
        segmentation=segmentation,
    )


@dataclass(slots=True)
class _Batch:
    """What one coder did on one transcript (or elsewhere), as far as it is new."""

    changes: list[list[Any]] = field(default_factory=list)
    times: list[datetime | None] = field(default_factory=list)
    seen: set[tuple[Any, ...]] = field(default_factory=set)

    def add(self, change: list[Any], at: datetime | None, *, is_new: bool) -> None:
        """Take a change up, once."""
        if tuple(change) not in self.seen:
            self.seen.add(tuple(change))
            if is_new:
                self.changes.append(change)
                self.times.append(at)


class _In:
    """Stores one plan."""

    def __init__(self, project: Project, plan: Plan) -> None:
        from autocode.store import ReviewStore
        from autocode.store.review import SUCCESSION

        self.project, self.plan, self.stored = project, plan, Stored()
        self.review: ReviewStore = ReviewStore(project.store)
        self.succession = Succession(self.review.setting(SUCCESSION, {}))
        self.settings: Settings = read_settings(project.settings_path)
        self.segmenter = Coder(plan.codebook, settings=self.settings)
        self.said: dict[tuple[str, int, str], Decided] = {}
        self.spans: dict[tuple[str, str, int, int, str], Span] = {}
        self.memos: dict[tuple[str, str, str], Memo] = {}
        self.accounts: dict[str | None, Account | None] = {}  # None: the consensus
        self.consensus: int | None = None

    def store(self, done: Callable[[str], None]) -> Stored:
        self._store_codebook()
        self._store_accounts()
        new = [one for one in self.plan.incoming if one.is_new]
        for one in new:
            self.stored.transcripts += self.project.store.add_transcript(one.transcript)
        now = self._now
        self.said = {(one.coder, one.unit, now(one.code)): one for one in self.review.decided()}
        self.spans = {
            (s.coder, s.transcript_id, s.start_char, s.end_char, now(s.code)): s
            for s in self.review.all_spans()
        }
        self.memos = {
            (one.coder, one.kind, now(one.target) if one.kind == "code" else one.target): one
            for one in sorted(self.review.memos(), key=lambda one: one.written_at)
        }
        latest = self.review.latest_codings()
        for one in self.plan.incoming:
            self._store_codings(one, self._reading(one.transcript, coded=one.transcript.id in latest))
            latest[one.transcript.id] = 0
            done(one.transcript.id)
        self._store_other_memos()
        return self.stored

    def _now(self, code: str) -> str:
        """The code that a merged one went into."""
        return code if code in self.plan.codebook else self.succession.resolve(code)

    def _store_codebook(self) -> None:
        plan = self.plan
        self.stored.codes = store_codebook(
            self.project, plan.previous, plan.codebook, file=plan.opened.path.name
        )

    def _store_accounts(self) -> None:
        """Everybody gets an account; of a project that has none, the file's maker leads, or the first."""
        here = {one.name.casefold(): one for one in self.review.accounts()}
        users = list(self.plan.coders)
        maker = self.plan.opened.project.user
        people = [guid for guid in users if self.plan.coders[guid] != "consensus"]
        lead = None if here else maker if maker in people else people[0] if people else None
        for guid in users:
            name = self.plan.coders[guid]
            if name == "consensus":
                self.accounts[guid] = None
            elif name.casefold() in here:
                self.accounts[guid] = here[name.casefold()]
            else:
                leads = not here and guid == lead
                self.accounts[guid] = self.review.add_account(name, "lead" if leads else "coder")
                self.stored.coders += 1

    def _reading(self, transcript: Transcript, *, coded: bool) -> Reading:
        """The transcript's utterances; one that was not coded yet is cut into them now."""
        if not coded:
            store_reading(self.project, self.segmenter, self.settings, transcript.id)
        return self.review.reading(transcript.id)

    def _store_codings(self, one: Incoming, reading: Reading) -> None:
        batches: dict[str | None, _Batch] = defaultdict(_Batch)
        text, place_of = one.transcript.text, _Finder(reading, one.transcript.text)
        inner = self._coded_in_part(one.source, place_of)
        for selection, coding in _human(one.source):
            batch, code = batches[coding.user], self.plan.code_ids.get(coding.code)
            if code is None:
                continue
            if selection is None:  # the whole document: no statement in particular
                self._add_span(batch, one, reading, coding, code, (0, len(text)))
                continue
            place = (selection.start_char, selection.end_char)
            kind = _kind(one.source.guid, place, coding)
            exact = place_of.whole.get(place)
            units = place_of.units(place)
            if kind in (None, "decision") and exact is not None:
                is_codable = reading.utterances[exact].codable
                if is_codable or kind == "decision":
                    self._add_decision(batch, coding, code, reading.keys[exact])
                    if kind is None and (exact, coding.user, code) in inner:  # or that would be all of it
                        self._add_span(batch, one, reading, coding, code, place)
                    continue
            if kind != "alone":
                for position in units:
                    if reading.utterances[position].codable:
                        self._add_decision(batch, coding, code, reading.keys[position])
            self._add_span(batch, one, reading, coding, code, place)
        self._add_memos(batches, one, reading, place_of)
        for user, batch in batches.items():
            self._act(user, batch, one.transcript)

    def _coded_in_part(
        self, source: refi.Source, finder: _Finder
    ) -> set[tuple[int, str | None, str | None]]:  # fmt: skip
        """Position of an utterance, user and code of stretches that are no whole utterance."""
        return {
            (position, coding.user, self.plan.code_ids.get(coding.code))
            for selection, coding in _human(source)
            if selection is not None
            and (place := (selection.start_char, selection.end_char)) not in finder.whole
            for position in finder.units(place)
        }

    def _add_decision(self, batch: _Batch, coding: refi.Coding, code: str, unit: int) -> None:
        stands = self.said.get((self._name(coding.user), unit, code))
        is_new = stands is None or (
            stands.applies is not True and _later(coding.created_at, stands.decided_at)
        )
        batch.add(["code", unit, code, True], coding.created_at, is_new=is_new)

    def _add_span(  # noqa: PLR0917
        self, batch: _Batch, one: Incoming, reading: Reading, coding: refi.Coding, code: str,
        place: tuple[int, int],
    ) -> None:  # fmt: skip
        stands = self.spans.get((self._name(coding.user), one.transcript.id, *place, code))
        is_new = stands is None or (not stands.applies and _later(coding.created_at, stands.decided_at))
        change = ["span", reading.transcript_key, *place, code, True]
        batch.add(change, coding.created_at, is_new=is_new)

    def _add_memos(
        self, batches: dict[str | None, _Batch], one: Incoming, reading: Reading, finder: _Finder
    ) -> None:  # fmt: skip
        written: dict[tuple[str | None, str, str], list[Note]] = defaultdict(list)
        for selection, notes in _notes_on(self.plan.opened.project, one.source):
            kind, target = "transcript", one.transcript.id
            if selection is not None:
                place = (selection.start_char, selection.end_char)
                exact = finder.whole.get(place)
                units = [exact] if exact is not None else finder.units(place)
                if units:
                    kind, target = "utterance", str(reading.keys[units[0]])
            for note in notes:
                written[note[0], kind, target].append(note)
        for (user, kind, target), notes in written.items():
            self._add_memo(batches[user], user, kind, target, notes)

    def _store_other_memos(self) -> None:
        batches: dict[str | None, _Batch] = defaultdict(_Batch)
        for guid, notes in _notes_elsewhere(self.plan.opened.project):
            kind, target = ("code", self.plan.code_ids[guid]) if guid else ("project", "")
            for user in dict.fromkeys(note[0] for note in notes):
                mine = [note for note in notes if note[0] == user]
                self._add_memo(batches[user], user, kind, target, mine)
        for user, batch in batches.items():
            self._act(user, batch, None)

    def _add_memo(
        self, batch: _Batch, user: str | None, kind: str, target: str, notes: Sequence[Note]
    ) -> None:  # fmt: skip
        """One memo of all that a coder wrote on something, behind what stands there already."""
        text = "\n\n".join(dict.fromkeys(note[2] for note in notes))
        at = max((note[1] for note in notes if note[1] is not None), default=None)
        stands = self.memos.get((self._name(user), kind, target))
        if stands is None:
            batch.add(["memo", kind, target, text], at, is_new=True)
        elif text not in stands.text and _later(at, stands.written_at):
            batch.add(["memo", kind, target, f"{stands.text}\n\n{text}"], at, is_new=True)

    def _act(self, user: str | None, batch: _Batch, transcript: Transcript | None) -> None:
        """Store a coder's batch as one action; one that was stored before is not stored again."""
        from autocode.store import Request

        if not batch.changes:
            return
        account = self.accounts[user]
        if account is None and self.consensus is None:
            self.consensus = self.review.consensus()
        actor = account.key if account is not None else self.consensus
        if actor is None:
            raise StoreError("there is no consensus to import to")
        last = self.review.last_action()  # what was undone may be imported again
        blind = self.plan.opened.project.origin != ORIGIN  # made where no suggestion was seen
        about = (transcript.id, transcript.sha256) if transcript is not None else ()
        outcome = self.review.act(
            actor,
            Request(
                key=f"import-{digest([self._name(user), about, batch.changes, last])[:40]}",
                kind="import",
                changes=batch.changes,
                codebook_digest=self.plan.codebook.digest,
                arms={change[1]: "blind" for change in batch.changes if change[0] == "code"} if blind else {},
                shown={"file": self.plan.opened.path.name, "blind": blind},
                times=batch.times,
            ),
        )
        if not outcome.repeated:
            kinds = Counter(change[0] for change in batch.changes)
            self.stored.decisions += kinds["code"]
            self.stored.spans += kinds["span"]
            self.stored.memos += kinds["memo"]

    def _name(self, user: str | None) -> str:
        """The name under which a coder's decisions are kept here."""
        account = self.accounts[user]
        return self.plan.coders[user] if account is None else account.name


class _Finder:
    """Which utterances a stretch of a text is about."""

    def __init__(self, reading: Reading, text: str) -> None:
        self.reading, self.text = reading, text
        self.whole = {
            trimmed(text, one.start_char, one.end_char): position
            for position, one in enumerate(reading.utterances)
        }
        self._known: dict[tuple[int, int], list[int]] = {}

    def units(self, place: tuple[int, int]) -> list[int]:
        """Positions of the utterances of whose words it holds some."""
        if place not in self._known:
            self._known[place] = overlapped(self.reading.utterances, self.text, place)
        return self._known[place]


def _kind(source: str, place: tuple[int, int], coding: refi.Coding) -> str | None:
    """What a coding of our own was; None for one of another program."""
    for kind in ("decision", "span", "alone"):
        if coding.guid == coding_guid(kind, source, place, coding.code, coding.user or ""):
            return kind
    return None


def _later(given: datetime | None, stands: datetime) -> bool:
    return given is not None and given > stands
