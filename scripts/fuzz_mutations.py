"""Damage for files: bytes, lines, numbers, JSON and XML trees, members of archives, cells of databases.

Each function takes a source of chance and the content, and gives other content; the same seed gives the same.
"""

from __future__ import annotations

import copy
import io
import json
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

MOST_BYTES = 400_000
MOST_ELEMENTS = 5000
_NUMBERS = (
    "0", "-1", "1e400", "-1e400", "NaN", "Infinity", "9" * 25, "9" * 5000, "1e-320", "2147483648",
    "0x10", "9223372036854775808", "-9223372036854775809", "4294967295", "00:99:99.999", "١٢", "²",
    "1.7976931348623157e308",
)  # fmt: skip
_WORDS = (
    "\0", "\ud800", "\U0010ffff", "\u202e", "\ufeff", "\u2028", "\x1b[31m", "\x85", "\ufffe", "\x01",
    "ß" * 300, "-->", "<", ">", "&", "&amp;", "&#0;", "&#x110000;", "&#xD800;", "]]>", "<![CDATA[",
    "<!--", "<!DOCTYPE x>", "{", "}", "[", "]", '"', '""', "'", "\\", "\\u0000", "\\ud800", ",", ";",
    "\t", "\r", "\n", "\r\n\r\n", ":", "*", "%", "@", "#00:00:01-0#", "\x15", "..", "../../x", "=1+1",
    "I: ", "R1:", "{\\rtf1", "\\bin9999999999 ", "\\u-99999?", "\\'", "\\uc9", "WEBVTT\n\n",
    "00:00:01.000 --> 00:00:00.000\n", "true", "null", " ", "a" * 70_000,
)  # fmt: skip
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp1252", "utf-7", "cp037")
_DIGITS = re.compile(rb"-?\d+(?:\.\d+)?")
_SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), float("inf"), float("nan"), "", " ", "\0",
    "\ud800", "x", "-1", "1e999", [], {}, [[]], {"a": None}, [None], "0001-01-01",
    "9999-12-31T23:59:59+14:00", 5e-324,
)  # fmt: skip
_CELLS: tuple[Any, ...] = (
    None, 0, -1, 2**63 - 1, -(2**63), 1.5, float("inf"), "", "\0", "x", b"\xff\x00", b"", "9" * 400,
    "-5", "1e5", "2024-02-30", "0001-01-01 00:00:00", "9999-12-31", "{}", "[1]", '{"type": 3}', " ",
    "\u2029", "a" * 200_000, "<p>" * 3000, "&#xD800;",
)  # fmt: skip
Damage = Callable[[Random, bytes], bytes]


def _slice(random: Random, n: int, *, most: int = 2000) -> tuple[int, int]:
    start = random.randrange(n + 1)
    return start, min(n, start + random.randrange(min(most, n) + 1))


def damaged_bytes(random: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """One change that knows nothing of the format, or only that it is text."""
    start, end = _slice(random, len(data), most=random.choice((4, 40, 4000)))
    match random.randrange(13):
        case 0:
            return data[:start]
        case 1:
            at = min(start, len(data) - 1)
            return (
                data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :] if data else b"\0"
            )
        case 2:
            return data[:start] + data[end:]
        case 3:
            return data[:end] + data[start:end] * random.choice((1, 2, 30, 3000)) + data[end:]
        case 4:
            other = random.choice(others or (data,))
            first, last = _slice(random, len(other), most=4000)
            return data[:start] + other[first:last] + data[end:]
        case 5:
            other = random.choice(others or (data,))
            return data[:start] + other[random.randrange(len(other) + 1) :]
        case 6 | 7:
            word = random.choice(_WORDS).encode("utf-8", "surrogatepass")
            return (
                data[:start] + word * random.choice((1, 1, 1, 2, 1000)) + data[random.choice((start, end)) :]
            )
        case 8 | 9:
            return _other_number(random, data)
        case 10:
            return _other_lines(random, data)
        case 11:
            return data[:start] + random.randbytes(end - start) + data[end:]
        case _:
            text = data.decode("utf-8", "replace")
            return text.encode(random.choice(_ENCODINGS), "replace")


def _other_number(random: Random, data: bytes) -> bytes:
    found = list(_DIGITS.finditer(data))
    if not found:
        return data + random.choice(_NUMBERS).encode()
    one = random.choice(found)
    return data[: one.start()] + random.choice(_NUMBERS).encode() + data[one.end() :]


def _other_lines(random: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return b"\n"
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            lines[at], lines[other] = lines[other], lines[at]
        case 1:
            del lines[at]
        case 2:
            lines[at:at] = [lines[other]] * random.choice((1, 5, 500))
        case _:
            lines[at] = lines[at].strip()
    return b"".join(lines)


def damaged_json(random: Random, data: bytes) -> bytes:
    """One node of a JSON document, or of one of its lines, becomes another; bytes where it is no JSON."""
    try:
        lines = [json.loads(data)]
        is_lines = False
    except RecursionError:
        return damaged_bytes(random, data)
    except ValueError:
        try:
            lines = [json.loads(line) for line in data.splitlines() if line.strip()]
            is_lines = True
        except (ValueError, RecursionError):
            return damaged_bytes(random, data)
    places = list(_json_places(lines))
    if len(places) <= len(lines):
        return damaged_bytes(random, data)
    for _ in range(random.choice((1, 1, 2, 5))):
        holder, key = random.choice(places)
        if holder is lines or len(places) > MOST_ELEMENTS:
            continue
        try:
            _damage_node(random, holder, key, places)
        except RecursionError:  # a node too deep to be copied; it was refused before anything was changed
            return damaged_bytes(random, data)
    try:
        dumped = [json.dumps(one, ensure_ascii=random.random() < 0.8) for one in lines]
    except (RecursionError, ValueError):  # too deep, or a number of too many digits
        return damaged_bytes(random, data)
    deep = random.randrange(2, 200_000) if random.random() < 0.02 else 0
    text = "[" * deep + ("\n".join(dumped) if is_lines else dumped[0]) + "]" * deep
    return text.encode("utf-8", "surrogatepass")


def _json_places(root: list[Any]) -> Any:
    stack: list[Any] = [root]
    while stack:
        holder = stack.pop()
        keys = range(len(holder)) if isinstance(holder, list) else list(holder)
        for key in keys:
            yield holder, key
            if isinstance(holder[key], list | dict):
                stack.append(holder[key])


def _damage_node(random: Random, holder: Any, key: Any, places: Sequence[tuple[Any, Any]]) -> None:
    if (isinstance(holder, list) and key >= len(holder)) or (isinstance(holder, dict) and key not in holder):
        return  # an earlier change took it away
    match random.randrange(6):
        case 0 | 1:
            holder[key] = copy.deepcopy(random.choice(_SCALARS))
        case 2:
            del holder[key]
        case 3:
            other, place = random.choice(places)
            here = place in holder_keys(other)
            holder[key] = copy.deepcopy(other[place]) if here else None
        case 4 if isinstance(holder, list):
            holder[key:key] = [copy.deepcopy(holder[key])] * random.choice((1, 3, 300))
        case 5 if isinstance(holder, dict):
            holder[random.choice((*_WORDS[:12], "", "text", "id"))] = holder.pop(key)
        case _:
            node = holder[key]
            for _ in range(random.choice((1, 2, 90))):
                node = [node] if random.random() < 0.5 else {"x": node}
            holder[key] = node


def holder_keys(holder: Any) -> Any:
    """What can stand between the brackets of a JSON list or object."""
    return range(len(holder)) if isinstance(holder, list) else holder


def damaged_xml(random: Random, data: bytes) -> bytes:
    """Elements deleted, doubled, moved, nested, and other texts and attributes; bytes where it is no XML."""
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):
        return damaged_bytes(random, data)
    try:
        for _ in range(random.choice((1, 1, 2, 5))):
            every = list(root.iter())
            if len(every) < MOST_ELEMENTS:
                _damage_element(random, every)
        return bytes(
            ET.tostring(root, encoding=random.choice(("utf-8", "utf-8", "utf-8", "us-ascii", "utf-16")))
        )
    except (ValueError, RecursionError):
        return damaged_bytes(random, data)


def _damage_element(random: Random, every: list[ET.Element]) -> None:
    one, other = random.choice(every), random.choice(every)
    value = random.choice(_NUMBERS + tuple(word for word in _WORDS if word.isprintable()))
    match random.randrange(8):
        case 0 if len(one):
            del one[random.randrange(len(one))]
        case 1 if len(one):
            one.extend([copy.deepcopy(random.choice(list(one)))] * random.choice((1, 2, 300)))
        case 2:
            one.insert(0, copy.deepcopy(other))
        case 3:
            one.text = value
        case 4 if one.attrib:
            one.set(random.choice(list(one.attrib)), random.choice((value, *other.attrib.values())))
        case 5 if one.attrib:
            del one.attrib[random.choice(list(one.attrib))]
        case 6:
            one.tag = other.tag
        case _:
            inner = one
            for _ in range(random.choice((1, 3, 300))):
                inner = ET.SubElement(inner, one.tag, one.attrib)
            inner.text = one.text


def damaged_zip(random: Random, data: bytes) -> bytes:
    """Members damaged by what they hold, taken out, renamed or doubled, and packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return damaged_bytes(random, data)
    if not members or random.random() < 0.15:
        return damaged_bytes(random, data)
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(members))
        name, content = members[at]
        match random.randrange(10):
            case 0 if len(members) > 1:
                del members[at]
            case 1:
                members[at] = (random.choice(("x", "../x", name.upper(), members[0][0])), content)
            case _:
                members[at] = (name, _damaged_member(random, name, content))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in dict(members).items():
            archive.writestr(name, content)
    return made.getvalue()


def _damaged_member(random: Random, name: str, content: bytes) -> bytes:
    if content.startswith(b"SQLite format 3\0"):
        return damaged_sqlite(random, content)
    if random.random() < 0.7 and content.lstrip(b"\xef\xbb\xbf").startswith(b"<"):
        return damaged_xml(random, content)
    return damaged_bytes(random, content)


def damaged_sqlite(random: Random, data: bytes) -> bytes:
    """Cells, rows and columns changed by SQLite itself; or bytes within its pages."""
    if random.random() < 0.25:
        return damaged_bytes(random, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(data)
        base = sqlite3.connect(path)
        try:
            for _ in range(random.choice((1, 1, 2, 6))):
                _damage_table(random, base)
            base.commit()
        except (sqlite3.Error, OverflowError, IndexError, UnicodeError):
            base.rollback()  # a damaged file, or no table is left
        finally:
            base.close()
        return path.read_bytes()


def _damage_table(random: Random, base: sqlite3.Connection) -> None:
    tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = random.choice([name for name in sorted(tables) if not name.startswith("sqlite_")])
    columns = [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]
    column, other = random.choice(columns), random.choice(columns)
    match random.randrange(10):
        case 0:
            base.execute(f'DELETE FROM "{table}" WHERE rowid = (SELECT max(rowid) FROM "{table}")')
        case 1:
            base.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
        case 2:
            base.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "x{column}"')
        case 3:
            base.execute(f'INSERT INTO "{table}" DEFAULT VALUES')
        case 4:
            base.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = "{other}"')
        case _:
            which = f'WHERE rowid = (SELECT rowid FROM "{table}" ORDER BY random() LIMIT 1)'
            which = which.replace("random()", f"(rowid * {random.randrange(1, 99)}) % 97")
            value = random.choice(_CELLS)
            base.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? {which}', (value,))


DAMAGES: dict[str, Damage] = {
    "json": damaged_json,
    "xml": damaged_xml,
    "zip": damaged_zip,
    "sqlite": damaged_sqlite,
}


def kind_of(data: bytes) -> str | None:
    """The key in `DAMAGES` of a file, by its content; None for what only bytes are known of."""
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:16]
    if data.startswith(b"PK"):
        return "zip"
    if data.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith((b"{", b"[")) and not head.startswith(b"{\\"):
        return "json"
    return "xml" if head.startswith(b"<") else None


def damaged(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A sample after one to four changes."""
    kind = kind_of(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        if kind is not None and random.random() < 0.75:
            data = DAMAGES[kind](random, data)
        else:
            data = damaged_bytes(random, data, others)
        data = data[:MOST_BYTES]
    return data
