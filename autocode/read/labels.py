"""Which beginnings of lines are speaker labels?

No single pattern fits the files people have: `I:`, `Respondent nr.2:`, `**Name:**`, `[Participant 3]`,
`P06 (00:12:33):`, `Name  12:33` alone on a line. So every line offers a candidate, and the file as a whole
decides: a label is a word that transcribers use for speakers, or a name that recurs.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from autocode.read.label_forms import (
    NAME,
    TIME_ONLY,
    Kind,
    Label,
    Line,
    candidate,
    decorated,
    is_usual,
    known_names,
    name_key,
    odd_names,
    without_remark,
)
from autocode.read.reader import count
from autocode.read.roles import label_roles
from autocode.read.timeline import listed
from autocode.read.words import METADATA, NOT_ALONE, NOT_ONCE, PARTICLES

Coverage = Callable[[Collection[int]], float]  # the share of paragraphs that some lines lie in
# What surely marks a speaker wherever it recurs, and what needs a third of the file to be believed.
_STRONG: frozenset[Kind] = frozenset({"colon", "timed"})
_WEAK: tuple[Kind, ...] = ("bracket", "bold", "tab", "alone")
_MIN_COVERAGE = 0.3
_MAX_TITLE = 8  # lines of a title above a header
_MAX_HEADER = 20  # paragraphs before the first label that may be title, date, summary ...

# "wa:s", "ca:lled"; but "EU:s", "Schüler:innen".
_LENGTHENED = re.compile(r"(?<=[a-zß-öø-ÿ]):+(?!innen|(?:in|r|n)\b)(?=[^\W\d_A-Z])")
_MIN_LENGTHENED = 3
_MOST_COMPARED = 50  # names, as comparing is slow
_MIN_USUAL = 2  # labels alone on their lines that let names stand so, too
_ONE_OF = re.compile(
    r"(?P<stem>[^\W\d_](?:.{0,60}[^\W\d_])?)"
    r"(?:[\W_]{0,3}\d{1,3}|[\W_]{1,3}[A-Z]|(?<![A-Za-zÀ-ɏ])[A-Z]|[甲乙丙丁])"
)
_NUMBERED = re.compile(r"([^\W\d_]{1,10})[ .]{0,2}(\d{0,3})")
_KEY_VALUE = re.compile(rf"[\s*_]*(?P<key>{NAME})[\s*_]*:")


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a file: by line number, and what has to be said about them."""

    by_line: dict[int, Label]
    warnings: list[str]


def find_labels(
    lines: Sequence[Line], *, known: Collection[str] = (), kinds: Collection[Kind] | None = None
) -> Labels:
    """The lines that begin with a speaker's label.

    `known` are names that the user gave. `kinds` limits the styles that are looked for. Numbers, addresses
    and devices are names where others are named in the same way.
    """
    found = _find(lines, known, kinds)
    names: set[str] = set()
    for kind, odd in odd_names(lines).items():
        if sum(label.kind == kind for label in found.by_line.values()) >= _MIN_USUAL:
            names |= odd
    taken = {label.name for label in found.by_line.values()}
    return _find(lines, {*known, *names}, kinds) if names - taken else found


def _find(lines: Sequence[Line], known: Collection[str], kinds: Collection[Kind] | None) -> Labels:
    """The labels of lines, with these `known` names."""
    offers: dict[int, Label] = {}
    odd = known_names(known)
    for number, line in enumerate(lines):
        if line.given is None and line.text.strip() and (label := candidate(line, odd)) is not None:
            offers[number] = label
    _drop_lengthened(offers, lines)
    beside = _drop_names_alone(offers, lines, known)
    n_times = _drop_stray_times(offers, lines, known)
    for number in _header_lines(lines):
        offers.pop(number, None)
    offers = _without_remarks(_questions_without_numbers(offers), known)
    if kinds is not None:
        offers = {number: label for number, label in offers.items() if label.kind in kinds}
    blocks = _blocks(lines)
    filled = [n for n, line in enumerate(lines) if line.text.strip()]
    below = dict(pairwise([*filled, len(lines)]))
    alone = {n: below[n] for n, label in offers.items() if label.text_at >= len(lines[n].text)}
    accepted, warnings = _accept(offers, blocks, known, alone)
    if n_times and any(label.kind == "timed" for label in offers.values()):
        warnings.append(
            f"{count(n_times, 'line')} of words and a time taken as speech, as their times are in no order; "
            "give --speaker NAME=ROLE where they are names"
        )
    if guessed := sorted({offers[n].name for n in beside & accepted}):
        warnings.append(f"names alone on their lines, taken as speakers: {listed(guessed)}")
    labels = _same_spelling({n: offers[n] for n in sorted(accepted)})
    more, n_left = _decorated(labels, lines)
    if n_left:
        warnings.append(
            f"{count(n_left, 'line')} with a speaker's name and a colon further on, taken as speech of the "
            "speaker before"
        )
    return Labels(dict(sorted({**labels, **more}.items())), warnings)


def _drop_names_alone(offers: dict[int, Label], lines: Sequence[Line], known: Collection[str]) -> set[int]:
    """Forget names on a line of their own that stand where no name would; those left only as they recur."""
    spaced = any(not line.text.strip() for line in lines)
    known_keys = {name_key(name) for name in known}
    alone = {n: label for n, label in offers.items() if label.kind == "alone"}
    usual_ones = {n for n, one in alone.items() if is_usual(one.name) or name_key(one.name) in known_keys}
    beside = _names_beside(alone, usual_ones, lines)
    often = Counter(name_key(label.name) for label in alone.values())
    for number, label in list(offers.items()):
        if label.kind not in ("alone", "timed"):
            continue
        line = lines[number]
        usual = number in usual_ones | beside
        marked = line.heading or line.bold >= len(line.text.rstrip()) or line.text.lstrip()[:1] in "*_"
        above = lines[number - 1].text.strip() if number else ""
        below = [later.text.strip() for later in lines[number + 1 : number + 3]]
        in_cue = bool(TIME_ONLY.match(above)) and not any(map(TIME_ONLY.match, below[:1]))
        first = in_cue or (spaced and not above)
        begins = first and not line.paragraph  # a paragraph that begins with a name
        name_like = len(label.name) > 1 and not label.name[0].islower()
        name_like = name_like and label.name.casefold() not in NOT_ALONE
        stands = label.kind == "timed" or (name_like and (usual or marked or begins))
        apart = marked or (usual and often[name_key(label.name)] > 1)  # a blank line may stand below
        if not stands or not any(below if apart else below[:1]):
            del offers[number]
        elif marked or (begins and below[0]):
            beside.discard(number)
    return beside


def _names_beside(alone: dict[int, Label], usual: set[int], lines: Sequence[Line]) -> set[int]:
    """Names that recur on lines of their own where `usual` labels do, each between two lines of speech."""
    if len(usual) < _MIN_USUAL:
        return set()
    filled = [n for n, line in enumerate(lines) if line.text.strip()]
    at = {n: place for place, n in enumerate(filled)}
    placed: dict[str, list[bool]] = {}
    for n, label in alone.items():
        near = {*filled[max(0, at[n] - 1) : at[n]], *filled[at[n] + 1 : at[n] + 2]}
        fits = _is_proper_name(label.name, n_words=1) and lines[n].text.rstrip()[-1].isalnum()
        placed.setdefault(name_key(label.name), []).append(fits and len(near) == 2 and not near & usual)
    names = {key for key, fit in placed.items() if len(fit) > 1 and all(fit)}
    return {n for n, label in alone.items() if n not in usual and name_key(label.name) in names}


def _drop_lengthened(offers: dict[int, Label], lines: Sequence[Line]) -> None:
    """Forget sounds that a colon lengthens (`a:nd`, `we:ll`), as conversation analysis writes them."""
    joined = {number: label for number, label in offers.items() if label.joined}
    if not joined or len(joined) == len(offers):
        return
    many = sum(_is_lengthened(line, offers.get(n)) for n, line in enumerate(lines)) >= _MIN_LENGTHENED
    few = 2 * len(joined) <= len(offers)
    elsewhere = {name_key(label.name) for label in offers.values() if not label.joined}
    for number, label in joined.items():
        short, known = len(label.name) <= 2 and label.name.isalpha(), name_key(label.name) in elsewhere
        if (many and (short or not known)) or (few and short and not known and label.name.islower()):
            del offers[number]


def _is_lengthened(line: Line, label: Label | None) -> bool:
    """Whether a colon stands within a word of what is said on a line."""
    return bool(_LENGTHENED.search(line.text, label.text_at if label else 0))


def _drop_stray_times(offers: dict[int, Label], lines: Sequence[Line], known: Collection[str]) -> int:
    """Forget times that are part of what is said, such as `At 9:30` alone on its line; how many.

    Such a name stands nowhere with text below it and a time between those of its neighbours, nor begins
    a paragraph where others do.
    """
    timed = [n for n, label in offers.items() if label.kind == "timed"]
    keys = {n: name_key(offers[n].name) for n in timed}
    counts = Counter(keys.values())
    sure = {name_key(name) for name in known} | {keys[n] for n in timed if is_usual(offers[n].name)}
    firm = [n for n in timed if counts[keys[n]] > 1 or keys[n] in sure]
    begins = {n for n in timed if not n or not lines[n - 1].text.strip()}
    spaced = begins.issuperset(firm)
    place = {n: at for at, n in enumerate(n for n, line in enumerate(lines) if line.text.strip())}
    at_home = set(sure)
    for n in timed:
        at = bisect_left(firm, n)
        next_at = at + (firm[at : at + 1] == [n])
        above, below = firm[max(0, at - 1) : at], firm[next_at : next_at + 1]
        near = [one for one in (*above, *below) if abs(place[one] - place[n]) == 1]
        again = [one for one in (*above, *below) if keys[one] == keys[n]]
        if spaced and n in begins and n + 1 in place and n + 1 not in offers:
            at_home.add(keys[n])
        if len(near) == 2 or set(near) & set(again):
            continue  # it is the only text below a label, or stands above itself
        if len(above + below) < 2 or again or not _is_out_of_order(*(offers[i] for i in (*above, n, *below))):
            at_home.add(keys[n])
    stray = [n for n in timed if keys[n] not in at_home]
    for n in stray:
        del offers[n]
    return len(stray)


def _is_out_of_order(above: Label, label: Label, below: Label) -> bool:
    """Whether a time is not between those above and below it, which are in order."""
    first, time, last = above.start_s, label.start_s, below.start_s
    if first is None or time is None or last is None:
        return False
    return first <= last and not first <= time <= last


def _questions_without_numbers(offers: dict[int, Label]) -> dict[int, Label]:
    """The offers, with one name for all questions and one for all answers where these are numbered.

    `Q1: A1: Q2: A2:` are two people; `A1` and `A2` who answer one question, or `I`, are not one.
    """
    named = {n: _NUMBERED.fullmatch(label.name) for n, label in offers.items() if label.kind == "colon"}
    shorts = {n: (match[1], match[2]) for n, match in named.items() if match}
    asked = {n: int(at or 0) for n, (word, at) in shorts.items() if word.casefold() in ("q", "question")}
    answered = {n: int(at or 0) for n, (word, at) in shorts.items() if word.casefold() in ("a", "answer")}
    numbers, replies = list(asked.values()), list(answered.values())
    if len(numbers) < 2 or len(replies) < 2 or 0 in numbers or sorted(set(numbers)) != numbers:
        return offers
    if any(replies) and (sorted(set(replies)) != replies or not set(replies) <= set(numbers)):
        return offers
    return {
        n: replace(label, name=shorts[n][0]) if n in asked or n in answered else label
        for n, label in offers.items()
    }


def _without_remarks(offers: dict[int, Label], known: Collection[str]) -> dict[int, Label]:
    """The offers, where `Anna (laughs)` is Anna: she has turns without it, or it is there once or twice."""
    often = Counter(name_key(label.name) for label in offers.values())
    as_given = {name_key(name) for name in known}
    found: dict[int, Label] = {}
    for number, label in offers.items():
        given = label.name[-1] not in ")]）" or name_key(label.name) in as_given
        bare = "" if given else without_remark(label.name)
        n, n_bare = often[name_key(label.name)], often[name_key(bare)] if bare else 0
        if bare and ((n_bare and (n <= 2 or n * 3 <= n_bare)) or (n == 1 and is_usual(bare))):
            found[number] = replace(label, name=bare)
        elif not (bare and label.name.endswith("]")):
            found[number] = label
    return found


def _decorated(labels: dict[int, Label], lines: Sequence[Line]) -> tuple[dict[int, Label], int]:
    """More labels, with signs around names that have labels elsewhere; how many lines may yet be some."""
    names = {name_key(label.name): label.name for label in labels.values()}
    long_ones = [name for name in names.values() if len(name) > 1]
    either = "|".join(map(re.escape, long_ones)) if len(long_ones) <= _MOST_COMPARED else ""
    nearly = re.compile(rf"\W{{0,6}}(?:{either})(?!\w)[^:：]{{0,30}}[:：](?!\d)") if either else None
    found: dict[int, Label] = {}
    n_left = 0
    for number in range(min(labels, default=len(lines)), len(lines)):  # above it is the header
        line = lines[number]
        if number in labels or line.given is not None or not line.text.strip():
            continue
        if (label := decorated(line.text, names)) is not None:
            found[number] = label
        elif nearly and nearly.match(line.text):
            n_left += 1
    return found, n_left


def _header_lines(lines: Sequence[Line]) -> range:
    """The lines of a header such as `Date: ... / Interviewer: ... / Place: ...` at the beginning."""
    first = next((n for n, line in enumerate(lines[:_MAX_TITLE]) if _KEY_VALUE.match(line.text[:80])), 0)
    keys = [key for line in takewhile(_key, lines[first:]) if (key := _key(line))]
    end = first + len(keys)
    ended = end == len(lines) or not lines[end].text.strip()
    often = Counter(_key(line) for line in lines[first:])
    spaced = _spaced_header(lines, first, often) if ended else range(first, first)
    if len(spaced) > len(keys):
        return spaced
    again = {key for key, n in Counter(keys).items() if n > 1}
    if (
        again
        and _are_entries(lines[first:end])
        and any(often[key] > 1 for key in often.keys() - {*keys, None})
    ):
        again = set()  # two are named who have other labels below
    if not ended or again:  # no blank line behind it: what recurs is a label
        keys = list(takewhile(lambda key: often[key] == 1 and (len(key) > 2 or key in METADATA), keys))
        end, ended = first + len(keys), first + len(keys) < end
        again = set()
    is_header = ended and len(keys) >= 2 and not again and bool(set(keys) & METADATA)
    return range(first, end if is_header else first)


def _spaced_header(lines: Sequence[Line], first: int, often: Counter[str | None]) -> range:
    """The lines of a header that has blank lines in it: keys that come once, names or data behind them."""
    end, keys = first, set()
    for number in range(first, min(len(lines), first + 2 * _MAX_HEADER)):
        key, text = _key(lines[number]), lines[number].text.strip()
        if text and (key is None or often[key] > 1 or not _is_entry(key, text)):
            break
        if key:
            keys.add(key)
            end = number + 1
    more = any(n > 1 for key, n in often.items() if key is not None)  # the talk is still to come
    return range(first, end if more and len(keys) >= 2 and keys & METADATA else first)


def _are_entries(lines: Sequence[Line]) -> bool:
    return all(_is_entry(_key(line) or "", line.text.strip()) for line in lines)


def _is_entry(key: str, text: str) -> bool:
    """Whether a line says who somebody is (`Interviewee: Bo Lund, CEO`), or when and where."""
    value = text.partition(":")[2].strip(" *_")
    name = re.split(r"[,(]", value, maxsplit=1)[0].strip()
    short = len(text) <= 80 and not value.endswith((".", "?", "!", "…"))
    return key in METADATA or (len(key) > 2 and short and bool(name) and _is_proper_name(name, n_words=1))


def _key(line: Line) -> str | None:
    match = _KEY_VALUE.match(line.text[:80])
    return match["key"].strip().casefold() if match else None


def _blocks(lines: Sequence[Line]) -> list[int]:
    """The number of the paragraph that each line belongs to; 0 for a blank line, else from 1."""
    spaced = any(not line.text.strip() for line in lines)
    numbers, block, inside = [], 0, False
    for line in lines:
        filled = bool(line.text.strip()) and not TIME_ONLY.match(line.text)
        if filled and (not inside or not spaced or line.paragraph):
            block += 1
        numbers.append(block if filled else 0)
        inside = filled
    return numbers


def _accept(
    offers: dict[int, Label], blocks: Sequence[int], known: Collection[str], alone: dict[int, int]
) -> tuple[set[int], list[str]]:
    """The numbers of the offers that are believed, and warnings about those that are doubtful.

    Behind those in `alone` their lines end; these are the lines below.
    """
    keys = {number: name_key(label.name) for number, label in offers.items()}
    known_keys = {name_key(name) for name in known}
    coverage = _coverage(offers, blocks)
    often = Counter(keys.values())
    dots = {label.name for label in offers.values() if label.kind == "dot"}
    sure = {
        number
        for number, label in offers.items()
        if keys[number] in known_keys
        or (label.kind == "dot" and "Q" in dots and len(dots) > 1)
        or (
            label.kind not in ("dot", "tab")
            and is_usual(label.name)
            and not (often[keys[number]] == 1 and keys[number] in NOT_ONCE)
        )
    }
    timed = {n for n, label in offers.items() if label.kind == "timed"}
    counts = Counter(keys[n] for n, label in offers.items() if label.kind in _STRONG and n not in sure)
    recurring = {n for n, label in offers.items() if label.kind in _STRONG and counts[keys[n]] >= 2}
    if len(timed) >= 2 and coverage(timed) >= _MIN_COVERAGE:
        recurring |= timed
    if not _believable(recurring, sure, keys, coverage(recurring | sure)):
        recurring = set()
    sure_keys = {keys[number] for number in sure}
    stray = not _dialogue(sure, recurring, offers, keys, coverage(sure | recurring))
    if len(sure | recurring) == 1:
        stray = blocks[min(sure | recurring)] != 1  # a lone label has to open the file
    if stray and not known_keys & sure_keys:
        sure = set()
    accepted = sure | recurring | _weak_kinds(offers, keys, coverage)
    said = {n: label for n, label in offers.items() if n in accepted or alone.get(n) not in accepted}
    return _with_rare_names(accepted, said, keys, _coverage(offers, blocks, alone), blocks)


def _coverage(offers: dict[int, Label], blocks: Sequence[int], alone: Collection[int] = ()) -> Coverage:
    """The share of paragraphs that some lines lie in, but for a header above the first that could.

    A paragraph below one that is only a label, by `alone`, is the same.
    """
    strong = [number for number, label in offers.items() if label.kind in _STRONG]
    first = min(strong or offers, default=0)
    n_blocks = max(len(set(blocks[first:]) - {0}), max(blocks, default=0) - _MAX_HEADER)

    n_lines = Counter(blocks)
    below = {n: blocks[n] + 1 for n in alone if n_lines[blocks[n]] == 1 and n_lines[blocks[n] + 1]}

    def coverage(numbers: Collection[int]) -> float:
        lie_in = {blocks[n] for n in numbers} | {below[n] for n in numbers if n in below}
        return len(lie_in) / n_blocks if n_blocks else 0.0

    return coverage


def _believable(recurring: set[int], sure: set[int], keys: dict[int, str], coverage: float) -> bool:
    """Whether names that recur carry the conversation: a third of it, or two of them thrice each."""
    if coverage >= _MIN_COVERAGE:
        return True
    often = [key for key, n in Counter(keys[number] for number in recurring | sure).items() if n >= 3]
    return len(often) >= 2 and coverage >= 0.04


def _dialogue(
    sure: set[int], recurring: set[int], offers: dict[int, Label], keys: dict[int, str], coverage: float
) -> bool:
    """Whether usual label words are labels here, not a stray `A:` in prose."""
    if recurring or (coverage >= _MIN_COVERAGE and len(sure) > 1):
        return True
    counts = Counter(keys[number] for number in sure)
    roles = label_roles({offers[number].name for number in sure})
    return len(set(roles.values())) >= 2 or any(n >= 3 for n in counts.values())


def _weak_kinds(offers: dict[int, Label], keys: dict[int, str], coverage: Coverage) -> set[int]:
    """Names in brackets, in bold, before a tab or alone on a line, where the file is full of them."""
    accepted: set[int] = set()
    for kind in _WEAK:
        numbers = {n for n, label in offers.items() if label.kind == kind}
        counts = Counter(keys[n] for n in numbers)
        numbers = {n for n in numbers if counts[keys[n]] >= 2}
        if numbers and coverage(numbers) >= _MIN_COVERAGE:
            accepted |= numbers
    return accepted


def _with_rare_names(
    accepted: set[int],
    offers: dict[int, Label],
    keys: dict[int, str],
    coverage: Coverage,
    blocks: Sequence[int],
) -> tuple[set[int], list[str]]:
    """Add names that occur once where everything around them is labelled, and say so."""
    taken = {keys[n] for n in accepted}
    kinds = {kind for kind in _WEAK if coverage({n for n in accepted if offers[n].kind == kind}) >= 0.5}
    strong = {n for n, label in offers.items() if label.kind in _STRONG | kinds}
    accepted = accepted | {n for n in strong if keys[n] in taken}
    rare = {n for n in strong if keys[n] not in taken}
    distinct = {keys[n] for n in rare}
    if not accepted and rare and len(distinct) <= 3 and coverage(rare) == blocks[min(rare)] == 1:
        return rare, []
    if not accepted or coverage(accepted | rare) < 0.5:
        note = f"{len(distinct):,} different beginnings with a colon, none recurring: not taken as speakers"
        if len(distinct) >= 20:
            return accepted, [note]
        return accepted, _left({offers[n].name for n in rare}) if accepted else []
    names = _rare_names({n: offers[n].name for n in rare}, {offers[n].name for n in accepted}, len(distinct))
    warnings = []
    if names:
        once = listed([offers[n].name for n in sorted(names)])
        warnings.append(f"labels that occur only once, taken as speakers: {once}")
    return accepted | names, [*warnings, *_left([offers[n].name for n in rare - names])]


def _left(names: Iterable[str]) -> list[str]:
    """What has to be said about labels that are not believed."""
    n = sum(map(_could_be_name, names))
    return [
        f"beginnings like 'Name:' that occur only once: {n}, not taken as speakers; "
        "give --speaker NAME=ROLE for those who are"
    ] * bool(n)


def _rare_names(rare: dict[int, str], accepted: set[str], n_distinct: int) -> set[int]:
    """Which names that occur once are labels: full names, and what is shaped like the labels around it."""
    lonely = len(set(map(name_key, accepted))) == 1 and n_distinct <= 3  # a conversation needs somebody else
    initials = sum(len(name) <= 3 for name in accepted) > len(accepted) / 2
    few = len(accepted) <= _MOST_COMPARED and n_distinct <= 100
    long_ones = [name.casefold() for name in accepted if len(name) >= 5] if few else []
    series = {name_key(stem) for name in accepted if (stem := _series(name))} | set(map(name_key, accepted))
    return {
        number
        for number, name in rare.items()
        if _is_proper_name(name, n_words=1 if lonely else 2)
        or (initials and len(name) <= 3 and name[0].isupper())
        or ((stem := _series(name)) and name_key(stem) in series)
        or difflib.get_close_matches(name.casefold(), long_ones, n=1, cutoff=0.85)  # a misspelt label
    }


def _series(name: str) -> str:
    """A name without the number or letter by which it is one of several: `CEO 2`, `参与者C`; '' if none."""
    match = _ONE_OF.fullmatch(name)
    return match["stem"] if match else ""


def _could_be_name(name: str) -> bool:
    """Whether a beginning may be somebody's name, for all that its letters say."""
    return _is_proper_name(name, n_words=1) or (name[0].lower() == name[0].upper() and len(name) <= 20)


def _is_proper_name(name: str, *, n_words: int) -> bool:
    """Whether a name has so many words and all begin with a capital (but for von, de, bin ...)."""
    words = re.findall(r"[^\W\d_][\w’'.-]*", name)
    capital = [word for word in words if word not in PARTICLES]
    return (
        len(words) >= n_words
        and len(capital) <= 4
        and all(word[0].isupper() for word in capital)
        and name[0].isupper()
    )


def _same_spelling(labels: dict[int, Label]) -> dict[int, Label]:
    """The labels under the most frequent spelling of each name, in doubt (`P3?`) only where it always is."""
    spellings: dict[str, Counter[str]] = {}
    for name, n in Counter(label.name for label in labels.values()).items():
        spellings.setdefault(name_key(name), Counter())[name] = n
    best = {
        key: max(names, key=lambda name: (not name.endswith("?"), names[name]))
        for key, names in spellings.items()
    }
    meant = {name: best[key] for key, names in spellings.items() for name in names}
    return {
        number: label if label.name == meant[label.name] else replace(label, name=meant[label.name])
        for number, label in labels.items()
    }
