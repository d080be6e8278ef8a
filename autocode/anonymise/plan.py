"""From transcripts, a list and what is known already to a key that covers them all, and what it would do."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from autocode.anonymise.names import LABELS, ROLE_LABELS, FoundBy, Key, Kind, Name, is_ordinary
from autocode.anonymise.remaining import TITLES, Remaining, left_small, remaining
from autocode.anonymise.replace import Matcher, anonymise, identity
from autocode.dataset import is_person
from autocode.errors import AnonymiseError
from autocode.read import UNKNOWN
from autocode.records import Transcript
from autocode.respondents import is_part

_PART = re.compile(r"[^\W\d_][\w'’-]+")
_ASIDE = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_NUMBERED = re.compile(r"\[([^\W\d_][\w-]*) (\d+)\]")


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be replaced, and what would remain."""

    key: Key
    n_replaced: Mapping[Name, int]  # names that stand somewhere, the most frequent first
    n_interviews: Mapping[Name, int]
    remaining: tuple[Remaining, ...]
    left_small: Mapping[str, int]  # ordinary words that are names with a capital as often: how often left


def make_plan(
    transcripts: Sequence[Transcript],
    key: Key,
    *,
    ordinary: Callable[[str], bool],
) -> Plan:
    """What `key` does to the transcripts, and what may still be a name in them."""
    n_replaced, where = Counter[Name](), defaultdict[Name, set[str]](set)
    after: list[tuple[tuple[str, int], str]] = []
    for transcript in transcripts:
        for turn in transcript.turns:
            for one in key.matcher.find(turn.text):
                if one.name is not None:
                    n_replaced[one.name] += 1
                    where[one.name].add(transcript.id)
            after.append(((transcript.id, turn.index), anonymise(turn.text, key)))
    exact = {spelling: name for name in key.names if name.kind != "keep" for spelling in name.exact}
    small = left_small((text for _, text in after), exact)
    doubtful = {word: n for word, n in small.most_common() if n <= (n_replaced[exact[word]] or n)}
    return Plan(
        key,
        dict(n_replaced.most_common()),
        {name: len(ids) for name, ids in where.items()},
        still_named(after, key, ordinary=ordinary),
        doubtful,
    )


def still_named(
    texts: Iterable[tuple[tuple[str, int], str]], key: Key, *, ordinary: Callable[[str], bool]
) -> tuple[Remaining, ...]:
    """What may be a name in texts (each with its place) that were anonymised with `key`."""
    return remaining(
        texts,
        known=[spelling for name in key.names if name.kind == "keep" for spelling in name.spellings],
        placeholders={name.placeholder for name in key.names},
        ordinary=ordinary,
        all_nouns=key.language == "de",
    )


def make_key(
    transcripts: Sequence[Transcript],
    *,
    listed: Sequence[Name] = (),
    known: Key | None = None,
    entities: Mapping[str, Kind] | None = None,
    ordinary: Callable[[str], bool],
    language: str = "en",
    coders: Iterable[str] = (),
) -> Key:
    """A key for all of `transcripts` that keeps every placeholder of `known`.

    What the list says comes first, then speakers' names, addresses and numbers, then what a model found
    (`entities`). Raises `AnonymiseError` where the list and the key cannot both be right.
    """
    known = known or Key()
    ordered = sorted(transcripts, key=lambda one: one.id)
    names = _Names(_with_list(known.names, listed), ordered, known, ordinary)
    speakers = names.add_speakers(ordered, known.speakers)
    matcher = Matcher(names.all, language=language)
    for transcript in ordered:
        for turn in transcript.turns:
            for one in matcher.find(turn.text):
                if one.name is None:
                    names.add(one.kind, (turn.text[one.start_char : one.end_char],), "pattern")
    for text, kind in (entities or {}).items():  # as they come up: the alphabet would tell the first letter
        if not any(True for _ in matcher.find(text)):  # nothing of it is known yet
            names.add(kind, (text,), "model")
    interviews = dict(known.interviews)
    free = _free("interview_{:02d}", set(interviews.values()))
    for transcript in ordered:
        if transcript.id not in interviews:
            interviews[transcript.id] = next(free)
    people = filter(is_person, sorted(coders))
    called = {coder: known.coders.get(coder) or names.label("Coder") for coder in people}
    return Key(tuple(names.all), interviews, speakers, {**known.coders, **called}, language)


def _with_list(known: Sequence[Name], listed: Sequence[Name]) -> list[Name]:
    """The names of the key with what the list says of them, and those that only the list has, numberless."""
    names = list(known)
    at = {identity(name.kind, one): place for place, name in enumerate(names) for one in name.spellings}
    for new in listed:
        places = sorted({at[id] for one in new.spellings if (id := identity(new.kind, one)) in at})
        if len(places) > 1:
            both = " and ".join(f"[{names[place].placeholder}]" for place in places)
            raise AnonymiseError(
                f"the list has as one what the key has as {both}; "
                "put them together in the key as well, or begin with a new key"
            )
        if not places:
            names.append(new)
            places = [len(names) - 1]
        else:
            old = names[places[0]]
            keep = new.kind == "keep"
            spellings = tuple(dict.fromkeys((*old.spellings, *new.spellings)))
            placeholder = "" if keep else new.placeholder or (old.placeholder if old.kind == new.kind else "")
            names[places[0]] = replace(
                new, placeholder=placeholder, spellings=spellings, exact=old.exact | new.exact
            )
        at |= {identity(new.kind, one): places[0] for one in new.spellings}
    return names


class _Names:
    """Names that are being gathered, with the next free number for each kind."""

    def __init__(
        self,
        names: list[Name],
        transcripts: Sequence[Transcript],
        known: Key,
        ordinary: Callable[[str], bool],
    ) -> None:
        self.ordinary = ordinary
        self.all: list[Name] = []
        self._of: dict[str, Name] = {}
        self._taken = {name.placeholder for name in names} | {
            *known.speakers.values(),
            *known.coders.values(),
        }
        for transcript in transcripts:  # an earlier anonymisation's numbers mean somebody else
            self._taken |= {f"{word} {number}" for word, number in _NUMBERED.findall(transcript.text)}
        for name in names:
            numbered = bool(name.placeholder) or name.kind == "keep"
            self._put(name if numbered else replace(name, placeholder=self._next(name.kind)))

    def _next(self, kind: Kind) -> str:
        return self.label(LABELS[kind])

    def label(self, word: str) -> str:
        """`word` with its next free number."""
        made = next(_free(word + " {}", self._taken))
        self._taken.add(made)
        return made

    def _put(self, name: Name) -> None:
        self.all.append(name)
        for spelling in name.spellings:
            self._of.setdefault(identity(name.kind, spelling), name)

    def add(
        self, kind: Kind, spellings: Sequence[str], found_by: FoundBy, *, placeholder: str = "",
        exact: Collection[str] = (),
    ) -> Name:  # fmt: skip
        """The name that has the first spelling already, or a new one with those that nobody has."""
        if (there := self._of.get(identity(kind, spellings[0]))) is not None:
            return there
        free = tuple(one for one in spellings if identity(kind, one) not in self._of)
        as_is = frozenset(one for one in free if one in exact or is_ordinary(one, self.ordinary))
        name = Name(placeholder or self._next(kind), kind, free, found_by, as_is)
        self._put(name)
        return name

    def add_speakers(
        self, transcripts: Sequence[Transcript], known: Mapping[tuple[str, str], str]
    ) -> dict[tuple[str, str], str]:
        """What each speaker of each transcript is called in the copies; names go into the list of names.

        Parts of a name stand for the person too, but a part that two people share is a name of its own.
        """
        labels = dict(known)
        people = {name for one in transcripts for name in one.speakers if _is_name(name)}
        halves = {name: surname_halves(name, self.ordinary) for name in people}
        parts = {name: list(dict.fromkeys((*name_parts(name), *halves[name]))) for name in people}
        shared = Counter(part for some in parts.values() for part in some)
        for transcript in transcripts:
            for speaker, role in transcript.speakers.items():
                there = self._of.get(identity("person", speaker)) if speaker in people else None
                place = transcript.id, speaker
                if place not in labels:
                    labels[place] = there.placeholder if there else self.label(ROLE_LABELS[role])
                if speaker in people and there is None:
                    own = [part for part in parts[speaker] if shared[part] == 1]
                    self.add("person", (speaker, *own), "speaker", placeholder=labels[place],
                             exact=halves[speaker])  # fmt: skip
        all_halves = {half for some in halves.values() for half in some}
        for part in sorted(part for part, n in shared.items() if n > 1):
            self.add("person", (part,), "speaker", exact=all_halves)
        return labels


def _is_name(speaker: str) -> bool:
    """Is a label somebody's name, and not `Interviewer`, `P03` or `SPEAKER_00`?"""
    return speaker != UNKNOWN and not is_part(speaker) and re.search(r"[^\W\d_]", speaker) is not None


def name_parts(name: str) -> list[str]:
    """The words of a name by which somebody may be called."""
    words = _PART.findall(_ASIDE.sub(" ", name).replace("_", " "))
    if name in (name.upper(), name.lower()):  # as labels are shouted, and people call themselves on screen
        words += [word.title() for word in words]
    words = [word for word in words if word[0].isupper() and word.casefold() not in TITLES]
    return [part for part in dict.fromkeys(words) if part != name and not is_part(part)]


def surname_halves(name: str, ordinary: Callable[[str], bool]) -> list[str]:
    """The halves of a double surname behind a first name or a title, but no words that one says anyway.

    >>> surname_halves("Zoë Müller-Day", {"day"}.__contains__), surname_halves("Jean-Paul", lambda _: False)
    (['Müller'], [])
    """
    *first, last = name_parts(name) or [name]
    titled = any(word.strip(".").casefold() in TITLES for word in name.split())
    if not (first or titled) or "," in name:
        return []
    halves = last.split("-") if "-" in last else []
    return [half for half in halves if half[1:] and half[0].isupper() and not is_ordinary(half, ordinary)]


def _free(form: str, taken: set[str]) -> Iterator[str]:
    return (made for n in count(1) if (made := form.format(n)) not in taken)
