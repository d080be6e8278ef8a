"""What a transcriber put into the text that nobody said, and words that were broken off.

`[inaudible 00:01:02]`, `(laughs)`, `(3.0)`, `((sighs))`, `{vocalsound}`, `<laugh>`, `wan- wanted`.
Marks stay in the text; the steps that count words or embed them look past them.
Square and round brackets are marks only if a transcriber's word stands in them: `[Company A]`
and `(in Bergen)` are content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MarkKind = Literal["event", "pause", "unclear", "time", "comment", "cutoff"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark; positions count characters of the text that was searched."""

    kind: MarkKind
    start_char: int
    end_char: int


_CANDIDATE = re.compile(
    r"\(\([^()\n]{1,120}\)\)"  # ((sighs)): always the transcriber
    r"|\[[^\[\]\n]{1,80}\]|\([^()\n]{1,80}\)|\{[^{}\n]{1,40}\}|<[^<>\n]{1,40}>|\*[^*\n]{1,40}\*"
    r"|♪+"
    r"|(?<![\w'’-])[^\W\d_][\w'’]{0,30}-(?=[\s,.;?!…]|$)"  # wan- wanted
)
_MIGHT_HOLD_ONE = re.compile(r"[\[({<*♪]|-(?:[\s,.;?!…]|$)")
_SUSPENDED = re.compile(  # "Vor- und Nachteile": a compound's second half follows, nothing broke off
    r"\s+(?:und|oder|bzw|sowie|og|eller|samt|och|ja|tai|sekä|and|or|to|et|ou)\b", re.IGNORECASE
)

_CLOCK = re.compile(
    r"(?:at )?\d{1,2}(?::\d{2}){1,3}(?:[.,]\d+)?(?:\s*[-–]\s*\d{1,2}(?::\d{2}){1,3}(?:[.,]\d+)?)?"
)
_DOTTED_CLOCK = re.compile(r"\d{1,2}\.\d{2}\.\d{2}")  # a date, unless it stands in square brackets
_SECONDS = re.compile(r"\.{1,3}|…|\d{1,3}(?:[.,]\d+)?\s*(?:s|secs?|seconds?|sek|sekund\w*|secondes?)?\.?")

# A bracket of up to five words is a mark if one of these stands in it ...
_UNCLEAR = re.compile(
    r"\b(?:inaudible|unclear|indistinct|unintelligible|incomprehensible|crosstalk|cross[ -]talk|overlapping"
    r"|uhørbar|utydelig|uforståelig|ohörbar|otydlig|epäselv|kuulematon|unverständlich|inintelligible"
    r"|incompréhensible)"
)
_EVENT = re.compile(
    r"\b(?:laugh(?:s|ing|ed|ter)?|chuckl|giggl|sigh(?:s|ing|ed)?\b|cough(?:s|ing|ed)?\b|sniff|sneez|cries\b|crying\b"
    r"|applau|inhal|exhal|gasp|groan|snort|yawn|clap(?:s|ping)\b|whispers\b|mumbl|gestur|nod(?:s|ding)\b"
    r"|smil(?:es|ing)\b|clears\b|vocalsound|disfmarker"
    r"|sukker\b|hoster\b|kremter\b|skratt|suckar\b|hostar\b|harklar\b|naur|huokai|yskäis"
    r"|lacht\b|lachen\b|seufz|hustet\b|räusper|rires?\b|soupir)"
)
# ... or if it is one of these and nothing else, since they could be content as well.
_LONG = r"(?:(?:long|short|brief|lang|kort|lange|kurze|lång|pitkä|lyhyt|longue|courte|upbeat|background) )?"
_PAUSE_ONLY = re.compile(_LONG + r"(?:pause|paus|silence|stille|stillhet|tystnad|tauko|hiljaisuus|schweigen)")
_EVENT_ONLY = re.compile(
    _LONG
    + r"(?:music|musikk|musik|musiikki|musique|noise|sound|gap|comment|pron|breath(?:es|ing)?|click|whistles?"
    r"|cheering|foreign(?: language)?|redacted|interruption|(?:tele)?phone ring(?:s|ing)"
    r"|door (?:opens|closes)|shakes head|blank_audio|latter|ler|leende|ler høyt|rit|lach)"
)


def find_marks(text: str) -> list[Mark]:
    """The marks in `text`, in order; they do not overlap."""
    if not _MIGHT_HOLD_ONE.search(text):
        return []
    found = ((_kind(match, text), match) for match in _CANDIDATE.finditer(text))
    return [Mark(kind, match.start(), match.end()) for kind, match in found if kind is not None]


def without_marks(text: str) -> str:
    """`text` with a space in the place of every mark."""
    marks = find_marks(text)
    if not marks:
        return text
    kept, end = [], 0
    for mark in marks:
        kept.append(text[end : mark.start_char])
        end = mark.end_char
    return " ".join([*kept, text[end:]])


def _kind(match: re.Match[str], text: str) -> MarkKind | None:
    found, opener = match.group(), match.group()[0]
    if opener == "♪":
        return "event"
    if opener not in "[({<*":
        return None if _SUSPENDED.match(text, match.end()) else "cutoff"
    if found.startswith("(("):
        return "comment"
    inner = found[1:-1].strip().casefold()
    if _CLOCK.fullmatch(inner) or (opener == "[" and _DOTTED_CLOCK.fullmatch(inner)):
        return "time"
    if opener == "(" and _SECONDS.fullmatch(inner):
        return "pause"
    if inner and not any(letter.isalnum() for letter in inner):
        return "unclear" if "?" in inner else "pause"  # [?], [...]
    return _kind_by_words(inner.strip("♪.!? "), opener)


def _kind_by_words(inner: str, opener: str) -> MarkKind | None:
    n_words = len(inner.split())
    if not 1 <= n_words <= 5:
        return None
    if _UNCLEAR.search(inner):
        return "unclear"
    if _PAUSE_ONLY.fullmatch(inner):
        return "pause"
    if _EVENT.search(inner) or _EVENT_ONLY.fullmatch(inner):
        return "event"
    return "event" if opener in "{<" and n_words == 1 else None
