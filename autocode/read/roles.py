"""Who asks the questions? Words in the label decide first, then what each speaker does.

A role that was guessed without clear evidence becomes a warning, never a silent choice: an interviewer's
turns are not coded, so a wrong guess would lose what a respondent said.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autocode.read.reader import count
from autocode.read.words import (
    ASKING,
    CARED_FOR,
    CARERS,
    INTERVIEWERS,
    LABELS,
    NOTES,
    NOTES_OR_NAMES,
    OTHERS,
    RESPONDENTS,
    VOICES,
)
from autocode.records import Role

# Letters and short forms that mean something only as the whole label, with or without a number.
_SHORT_INTERVIEWERS = frozenset({"i", "int", "iv", "iver", "q", "mod", "inv"})
_SHORT_RESPONDENTS = frozenset({"p", "ip", "ie", "res", "resp", "par", "part", "kp", "tn"})
_MIN_SPELT = 8  # letters of a word whose misspellings are no other word
_MISSPELT_ONE_IN = 3  # turns of a misspelt label beside those of the right one
_SPELT = sorted(word for word in INTERVIEWERS | RESPONDENTS if len(word) >= _MIN_SPELT)
_LETTER_LABELS = frozenset("iqrpbams")
_NO_NAMES = LABELS | VOICES | {"person", "no", "nr", "num"}
_SHAPE = re.compile(r"[\W_]*([^\W\d_]+)[\W_]*(?:(?:nr|no|num)\b\.?)?[\W_]*[\d\s]*[\W_]*")
_GENDER = re.compile(r"(?<=[^\W\d_])[:*/_](?:innen|in|r|n)(?![^\W\d_])")
_FIELD_NOTE = re.compile(r"field[ -]?notes?", re.IGNORECASE)
_LONGEST = 100  # characters of a label that says what somebody is
_WORD = re.compile(r"[^\W\d_]+")
_MARK_AT_END = re.compile(  # (laughs), [00:12:03], 00:12
    r"(?:(?:\[[^\[\]?？؟]{0,60}\]|\([^()?？؟]{0,60}\)|(?<=\s)(?:\d{1,2}:)?\d{1,3}:\d{2})\s*)+$"
)
_CLOSING = "\"'”’»«)]}*_ \t\n\u200e\u200f\u202c\u2069"


@dataclass(frozen=True, slots=True)
class Habits:
    """What a speaker does, counted over a transcript."""

    speaker: str
    n_turns: int
    n_words: int
    n_questions: int  # turns that end in a question mark
    n_asking: int  # turns whose last sentence begins like a question


def short_form(name: str) -> str:
    """The lower-case word of a label that is one word and perhaps a number, else ''.

    >>> short_form("Respondent nr.2"), short_form("P03"), short_form("Mary O'Brien")
    ('respondent', 'p', '')
    """
    name = without_gender(name) if len(name) <= _LONGEST else name
    match = _SHAPE.fullmatch(name) if len(name) <= _LONGEST else None  # it is cubic in a run of spaces
    return match[1].casefold() if match else ""


def without_gender(name: str) -> str:
    """A label without the sign and ending by which German means all genders: `Interviewer:in`."""
    return _GENDER.sub("", name)


def is_label_word(name: str) -> bool:
    """Whether a name is one that transcribers give to speakers: `Interviewer 1`, `P03`, `Speaker A`."""
    short = short_form(name)
    if len(short) == 1:
        return short in _LETTER_LABELS
    if short in _SHORT_INTERVIEWERS | _SHORT_RESPONDENTS | VOICES | LABELS or _FIELD_NOTE.fullmatch(name):
        return True
    words = _WORD.findall(name)
    others = [word for word in words if word.casefold() not in LABELS]
    named = all(len(word) == 1 or word[0].isupper() for word in others) and words[:1] != ["The"]
    return len(others) < len(words) <= 3 and named


def is_letters(name: str) -> bool:
    """Whether a label is a letter or an abbreviation, that may stand for more than one word: `R2`, `Int`."""
    short = short_form(name)
    return len(short) == 1 or short in _SHORT_INTERVIEWERS | _SHORT_RESPONDENTS


def is_part(name: str) -> bool:
    """Whether a label only says what somebody is (`Befragter 2`), and names nobody (`Coach Lisa`)."""
    words = _WORD.findall(without_gender(name[:_LONGEST]))
    named = [word for word in words if len(word) > 1 and word.casefold() not in _NO_NAMES]
    return is_label_word(name) and (not named or bool(short_form(name)))


def ends_in_question(text: str) -> bool:
    """Whether the last sentence is a question, by its mark (Latin, Greek, Arabic, full width)."""
    return _end(text, 200).endswith(("?", "？", "؟", "\u037e"))


def _end(text: str, length: int) -> str:
    """The last characters of a text, without marks, quotation marks and brackets that follow it."""
    return _MARK_AT_END.sub("", text[-length:].rstrip()).rstrip(_CLOSING)


def declared_roles(words: Iterable[str]) -> tuple[dict[str, Role], list[str]]:
    """The roles meant by the words of a `role` column of one transcript, and warnings.

    A word that nobody knows is a respondent where no other word is, else "other".
    """
    asked = {word: _bare(word) for word in words}
    cared_for = bool(set(asked.values()) & CARED_FOR)
    roles = {word: _role_of_word(bare, cared_for=cared_for) for word, bare in asked.items()}
    has_respondent = "respondent" in roles.values()
    unknown = sorted(word for word, role in roles.items() if role is None)
    fallback: Role = "other" if has_respondent else "respondent"
    warnings = [
        f"the role '{word[:_LONGEST]}' is not known; it was taken as '{fallback}'"
        if word
        else f"rows without a role were taken as '{fallback}'"
        for word in unknown
    ]
    return {word: role or fallback for word, role in roles.items()}, warnings


def label_roles(names: Iterable[str]) -> dict[str, Role]:
    """The roles that the words in speakers' labels say; a name that says nothing is left out."""
    names = list(names)
    shorts = {name: short_form(name) for name in names}
    words = {name: set(_WORD.findall(name.casefold())) for name in names}
    all_shorts = set(shorts.values())
    everything = all_shorts.union(*words.values())
    cared_for = bool(everything & CARED_FOR) or ("t" in everything and bool(everything & {"c", "p"}))
    roles: dict[str, Role] = {}
    for name in names:
        role = _role_of_short(shorts[name], all_shorts, cared_for=cared_for)
        if shorts[name] in NOTES or _FIELD_NOTE.fullmatch(name):
            role = "other"
        for word in sorted(words[name]) if role is None else ():
            role = role or _role_of_word(word, cared_for=cared_for)
        if role is not None:
            roles[name] = role
    carers = [name for name in roles if words[name] & CARERS]
    if len(carers) == 1 and not cared_for and "interviewer" not in roles.values():
        del roles[carers[0]]  # a therapist beside a client's name, or a nurse beside an interviewer's
    return roles


def rare_notes(
    counted: Mapping[str, Habits], labelled: Mapping[str, Role], told: Collection[str]
) -> tuple[dict[str, Role], list[str]]:
    """What labels say, without `Memo` where that is somebody who says almost as much as others; warnings."""
    notes = [name for name in labelled if short_form(name) in NOTES_OR_NAMES and name not in told]
    answering = (n for name, n in counted.items() if labelled.get(name, "respondent") == "respondent")
    most = max((one.n_turns for one in answering), default=0)
    people = {name for name in notes if counted[name].n_turns * 4 >= most * 3}
    return {name: role for name, role in labelled.items() if name not in people}, [
        f"'{name}' is taken for notes, which are not coded; correct with --speaker NAME=respondent"
        for name in notes
        if name not in people
    ]


def misspelt_roles(
    counted: Mapping[str, Habits], labelled: Mapping[str, Role], told: Collection[str]
) -> tuple[dict[str, Role], list[str]]:
    """The roles of names that are spelt almost like one label, such as `Interivewer`, and warnings.

    Who speaks often, or asks most of the questions, has a name of their own; and somebody has to answer.
    """
    said = {short: role for name, role in labelled.items() if len(short := short_form(name)) >= _MIN_SPELT}
    often: Counter[str] = Counter()
    for name in labelled:
        often[short_form(name)] += counted[name].n_turns
    others = [name for name in counted if name not in labelled and name not in told]
    shorts = {name: short_form(name) for name in others} if said else {}
    meant = {short: _nearest(short) for short in set(shorts.values()) if len(short) >= _MIN_SPELT - 1}
    asker = _asker(counted, others)
    like = {name: word for name, short in shorts.items() if (word := meant.get(short)) in said}
    roles = {
        name: said[word]
        for name, word in like.items()
        if counted[name].n_turns * _MISSPELT_ONE_IN <= often[word]
        and (said[word] == "interviewer" or asker is None or asker.name != name)
    }
    if not any(labelled.get(name, roles.get(name, "respondent")) == "respondent" for name in counted):
        roles = {}
    return roles, [
        f"roles are a guess: '{name}' is spelt almost like '{word}' and is taken as interviewer; "
        "correct with --speaker NAME=respondent"
        if name in roles
        else f"'{name}' is spelt almost like '{word}', but is taken for somebody else; if it is the same, "
        "correct with --speaker NAME=interviewer"
        for name, word in like.items()
        if said[word] == "interviewer"
    ]


def _nearest(short: str) -> str:
    """The word for a role that a word is almost spelt like; '' if it is none, or as near to another."""
    like = difflib.get_close_matches(short, _SPELT, n=2, cutoff=0.85)
    ratios = [difflib.SequenceMatcher(None, word, short).ratio() for word in like]
    return like[0] if len(like) == 1 or (like and ratios[0] > ratios[1]) else ""


def _bare(word: str) -> str:
    return short_form(word) or " ".join(word.casefold().split())


def _role_of_word(word: str, *, cared_for: bool) -> Role | None:
    if word in INTERVIEWERS:
        return "interviewer"
    if word in CARERS:
        return "interviewer" if cared_for else "respondent"
    if word in RESPONDENTS or word in CARED_FOR:
        return "respondent"
    return "other" if word in OTHERS else None


def _role_of_short(short: str, all_shorts: set[str], *, cared_for: bool) -> Role | None:
    """The role of a short form among the others: R answers I, but may be the researcher beside P."""
    has_asker = bool(all_shorts & (_SHORT_INTERVIEWERS | INTERVIEWERS | {"m"}))
    if short in _SHORT_INTERVIEWERS:
        return "interviewer"
    if short == "r" and not has_asker and all_shorts & ({"p"} | RESPONDENTS):
        return "interviewer"
    if short == "p" and "t" in all_shorts:
        return "respondent"
    if short in _SHORT_RESPONDENTS or short == "r":
        return "respondent"
    if short in {"a", "b", "s", "c"} and (has_asker or (short == "c" and cared_for)):
        return "respondent"
    if short == "m" and all_shorts & {"p", "r", "b"}:
        return "interviewer"
    return "interviewer" if short == "t" and cared_for else None


def habits(turns: Iterable[tuple[str, str]]) -> dict[str, Habits]:
    """Each speaker's habits, from (speaker, text) of every turn, in order of first appearance."""
    counts: dict[str, list[int]] = {}
    for speaker, text in turns:
        own = counts.setdefault(speaker, [0, 0, 0, 0])
        own[0] += 1
        own[1] += len(text.split())
        own[2] += ends_in_question(text)
        own[3] += _begins_like_a_question(text)
    return {speaker: Habits(speaker, *own) for speaker, own in counts.items()}


def _begins_like_a_question(text: str) -> bool:
    last = re.split(r"[.!?؟？]\s+", _end(text, 400).rstrip(_CLOSING + ".?!؟？"))[-1].split(maxsplit=3)
    return any(word.strip(",;").casefold() in ASKING for word in last[:3])


def guess_roles(
    counted: Mapping[str, Habits], fixed: Mapping[str, Role]
) -> tuple[dict[str, Role], list[str]]:
    """A role for every speaker: `fixed` where it says one, else what the habits suggest, and warnings.

    Of those not in `fixed` the one who clearly asks the questions becomes the interviewer, where nobody is
    one yet, and with any interviewer others who mostly ask and say little.
    """
    roles: dict[str, Role] = {name: fixed.get(name, "respondent") for name in counted}
    open_ones = [name for name in counted if name not in fixed]
    if not open_ones or len(counted) == 1:
        return roles, []
    if "interviewer" in fixed.values():
        joining = _joining(counted, open_ones)
        others = [name for name, role in roles.items() if role == "respondent" and name not in joining]
        if not others:  # somebody has to answer
            return roles, []
        return roles | dict.fromkeys(joining, "interviewer"), [_further(name) for name in joining]
    asker = _asker(counted, open_ones)
    if asker is None:
        return roles, [
            "roles are a guess: nobody clearly asks the questions, so everybody is taken as a respondent; "
            "correct with --speaker NAME=interviewer"
        ]
    roles |= dict.fromkeys((asker.name, *asker.joining), "interviewer")
    warnings = [_further(other) for other in asker.joining]
    if asker.clear:
        return roles, warnings
    return roles, [
        *warnings,
        f"roles are a guess: '{asker.name}' {_asking(counted, asker.name)} and is taken as the interviewer; "
        "correct with --speaker NAME=interviewer or --speaker NAME=respondent",
    ]


def heed_habits(
    counted: Mapping[str, Habits], labelled: Mapping[str, Role], told: Mapping[str, Role]
) -> tuple[dict[str, Role], list[str]]:
    """What labels say and the user told, without letters that somebody's questions contradict; warnings.

    `R:` may be the respondent or the researcher, `E:` and `I:` entrevistador and informante.
    """
    fixed: dict[str, Role] = {**labelled, **told}
    letters = {name for name in labelled if is_letters(name) and name not in told}
    others = {name: role for name, role in fixed.items() if name not in letters}
    if not letters or len(counted) == 1 or "interviewer" in others.values():
        return fixed, []
    asker = _asker(counted, [name for name in counted if name not in others])
    if asker is None or fixed.get(asker.name) == "interviewer":
        return fixed, []
    if asker.name not in fixed and "interviewer" not in fixed.values():
        return fixed, []  # a guess says the same
    best = counted[asker.name]
    asking = f"'{asker.name}' {_asking(counted, asker.name)}"
    if asker.clear and best.n_questions >= 3 and best.n_questions >= best.n_turns / 2:
        return others, [
            f"roles are a guess: {asking} and is taken as the interviewer, whatever the letters of the "
            "labels mean; correct with --speaker NAME=interviewer or --speaker NAME=respondent"
        ]
    asked_by_label = [counted[name].n_questions for name in letters if fixed[name] == "interviewer"]
    if best.n_questions and asked_by_label and not any(asked_by_label) and not asker.says_most:
        return fixed, [
            f"roles are those of the labels, though {asking}; "
            "correct with --speaker NAME=interviewer or --speaker NAME=respondent"
        ]
    return fixed, []


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks the questions, who asks with that one, and how much that can be relied on."""

    name: str
    joining: list[str]
    clear: bool
    says_most: bool


def _asker(counted: Mapping[str, Habits], names: Sequence[str]) -> _Asker | None:
    """Who of `names` asks the questions; None if nobody does so more than others."""
    if not names:
        return None
    scores = asker_scores(counted)
    name = max(names, key=scores.__getitem__)
    best = counted[name]
    joining = _joining(counted, [other for other in names if other != name])
    rivals = [score for other, score in scores.items() if other != name and other not in joining]
    margin = scores[name] - max(rivals, default=0.0)
    too_little = best.n_questions < 3 if len(counted) > 2 else best.n_questions + best.n_asking == 0
    if margin < 0.15 or too_little:
        return None
    n_questions = sum(one.n_questions for one in counted.values())
    says_most = 3 * best.n_words >= 2 * sum(one.n_words for one in counted.values())  # "..., you know?"
    return _Asker(name, joining, _clear(best, n_questions, margin) and not says_most, says_most)


def _further(name: str) -> str:
    return (
        f"roles are a guess: '{name}' mostly asks too and is taken as a further interviewer; "
        "correct with --speaker NAME=respondent"
    )


def _clear(best: Habits, n_questions: int, margin: float) -> bool:
    """Whether a guess needs no warning: three questions and a lead, or two and nobody else asks any."""
    return margin >= 0.5 and best.n_questions >= (2 if best.n_questions == n_questions else 3)


def _asking(counted: Mapping[str, Habits], name: str) -> str:
    """What the guess rests on, in words."""
    best, n_questions = counted[name], sum(one.n_questions for one in counted.values())
    if not best.n_questions:
        return f"begins {count(best.n_asking, 'turn')} like a question, though without a question mark,"
    if best.n_questions == n_questions:
        return "asks the only question" if n_questions == 1 else f"asks all of the {n_questions} questions"
    return f"asks {best.n_questions} of the {n_questions} questions"


def _joining(counted: Mapping[str, Habits], names: Iterable[str]) -> list[str]:
    """Further interviewers: at least three questions, in at least half of their turns, and few words."""
    most_words = max(one.n_words for one in counted.values())
    return [
        name
        for name in names
        if (one := counted[name]).n_questions >= 3
        and one.n_questions >= one.n_turns / 2
        and one.n_words < most_words / 4
    ]


def asker_scores(counted: Mapping[str, Habits]) -> dict[str, float]:
    """How much each speaker behaves like an interviewer, 0 to 3: asks, asks often, says little, begins."""
    n_questions = max(1, sum(one.n_questions for one in counted.values()))
    mean_words = sum(one.n_words for one in counted.values()) / max(1, len(counted)) or 1.0
    scores = {
        name: (one.n_questions + 0.5 * one.n_asking) / one.n_turns
        + one.n_questions / n_questions
        + 0.3 * max(0.0, 1 - one.n_words / mean_words)
        for name, one in counted.items()
    }
    for first in list(scores)[:1]:
        scores[first] += 0.1
    return scores


_ASK_FOR_SPEAKERS = "let the service tell speakers apart (diarization) and export it again"
_TO_NAME_SPEAKERS = {  # what a file of each format needs, by the reader's name
    "vtt": "begin each person's first cue with 'Name:'",
    "srt": "begin each person's first cue with 'Name:'",
    "csv": "name them in a column 'speaker'",
    "xlsx": "name them in a column 'speaker'",
    "whisper": 'give each segment a "speaker", as WhisperX does',
    "tidy": "give each row its 'speaker'",
    "parquet": "give each row its 'speaker'",
    "podcast": 'give each segment a "speaker"',
    "elan": "give each person a tier of their own",
    "textgrid": "give each person a tier of their own",
    "exmaralda": "give each person a tier of their own",
} | dict.fromkeys(
    (
        "assemblyai",
        "autoedit",
        "aws-transcribe",
        "deepgram",
        "dpe",
        "google",
        "ibm",
        "kaldi",
        "speechmatics",
        "trint",
    ),
    _ASK_FOR_SPEAKERS,
)
_BEGIN_TURNS = "begin their turns with 'Name:'"


def one_speaker_warning(name: str | None, *, role: Role = "respondent", format: str = "text") -> str:
    """What to tell about a transcript in which only one person speaks, or nobody is named (None).

    `role` is what the label says of that person, `format` the reader's name.
    """
    advice = _TO_NAME_SPEAKERS.get(format, _BEGIN_TURNS)
    if role != "respondent":
        advice = "begin the turns of the others with 'Name:'" if advice == _BEGIN_TURNS else advice
        return (
            f"only '{name}' speaks, {role} by the label, so there is nothing to code; "
            f"{advice}, or give --speaker NAME=respondent"
        )
    if name is None:
        found = "no speaker labels were found, so everything, the interviewer's questions too,"
    else:
        found = f"only '{name}' speaks, so everything"
    return f"{found} is taken as said by one respondent; if several people speak, {advice}"
