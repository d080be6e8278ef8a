"""CHAT (.cha) of CLAN and TalkBank: main lines `*INV:` with time bullets; dependent tiers are no speech."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autocode.limits import MOST_LINES
from autocode.read.json_tree import seconds
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source, count

_MAIN = re.compile(r"\*([^:\s]{1,40}):\s*")
_BULLET = re.compile("\x15[^\x15\n]{0,200}?(\\d{1,12})_(\\d{1,12})[^\x15\n]{0,20}\x15")
_OTHER_MARK = re.compile("\x15[^\x15\n]{0,200}\x15|[\x01-\x08\x0b\x0c\x0e-\x1f]")
_LANGUAGES = {
    "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "por": "pt", "nld": "nl",
    "swe": "sv", "nor": "no", "dan": "da", "fin": "fi", "zho": "zh", "jpn": "ja", "rus": "ru",
}  # fmt: skip
_MS = 0.001


def read_chat(source: Source) -> list[Found]:
    """One transcript; CHAT's codes stay in the text as they are. Raises `ReadError`.

    The role of each speaker is the one that `@Participants` says.
    """
    text, warnings = source.decode()
    source.refuse_flood(text.count("\n"), MOST_LINES, "lines")
    lines = list(_lines(text))
    spoken = [one for line in lines if (one := _spoken(line)) is not None]
    if not spoken:
        raise source.error("not CHAT, or nobody speaks: there are no lines such as *INV: with speech")
    n_other = sum(bool(line.strip()) and not line.startswith(("@", "%")) for line in lines) - len(spoken)
    if n_other:
        warnings.append(f"{count(n_other, 'line')} not read: no speaker as in *INV: stands before the text")
    n_empty = sum(not one.text.strip() for one in spoken)
    if n_empty:
        warnings.append(f"{count(n_empty, 'line')} without text dropped")
    header = _Header.of(lines)
    laid_out, pieces = lay_out(spoken)
    roles = {speaker: header.roles.get(speaker, "") for speaker in {piece.speaker for piece in pieces}}
    if any(roles.values()):
        pieces = [replace(piece, role=roles[piece.speaker]) for piece in pieces]
    return [Found(laid_out, pieces, warnings, language=header.language)]


def _lines(text: str) -> Iterator[str]:
    """The lines, those that begin with a tab joined to the one before."""
    parts: list[str] = []
    for line in text.split("\n"):
        if line.startswith(("\t", " ")) and parts:
            parts.append(line.strip())
            continue
        if parts:
            yield " ".join(parts)
        parts = [line.rstrip()]
    yield " ".join(parts)


def _spoken(line: str) -> Spoken | None:
    main = _MAIN.match(line)
    if main is None:
        return None
    said = line[main.end() :]
    bullets = [(seconds(m[1], unit_s=_MS), seconds(m[2], unit_s=_MS)) for m in _BULLET.finditer(said)]
    text = _OTHER_MARK.sub("", _BULLET.sub("", said)).strip()
    start_s, end_s = (bullets[0][0], bullets[-1][1]) if bullets else (None, None)
    return Spoken(main[1], text, start_s, end_s)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the lines with @ say about the speakers and the language."""

    roles: dict[str, str]
    language: str | None

    @classmethod
    def of(cls, lines: list[str]) -> _Header:
        """The header of a file: `@Participants:<TAB>INV Anna Investigator, PAR Participant`."""
        roles: dict[str, str] = {}
        language = None
        for line in lines:
            key, _, value = line.partition(":")
            if key == "@Participants":
                for one in value.split(","):
                    words = one.split()
                    if len(words) >= 2:
                        roles[words[0]] = words[-1].replace("_", " ")
            elif key == "@Languages" and language is None:
                first = value.replace(",", " ").split()
                language = (
                    _LANGUAGES.get(first[0], first[0] if len(first[0]) == 2 else None) if first else None
                )
        return cls(roles, language)
