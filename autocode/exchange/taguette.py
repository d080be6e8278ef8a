"""Reads Taguette projects (`.sqlite3`, as Taguette exports them or as it keeps them for one project).

A document is HTML; highlights count the UTF-8 bytes of its text without the tags. That text is kept
character for character; where two paragraphs stand together without a line end, one is put between them.
A highlight names no person: who gave a tag is read from the log of commands.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocode.codebook.code import MAX_DEPTH
from autocode.codebook.qdc_format import make_guid
from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.positions import Calibration, Mark, Rule, Ruler
from autocode.exchange.quoted import Place, nearest
from autocode.exchange.refi_read import Opened, counted
from autocode.exchange.sqlite_file import Tables, number_of, text_of
from autocode.read.html_page import tokens

NEEDED = ("documents", "highlights", "tags", "highlight_tags")
MOST_NAMED = 5
_BREAKS = {
    "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "blockquote",
    "pre", "table", "caption", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_Given = dict[int, tuple[str | None, datetime | None]]  # who gave each tag of a highlight, and when


def read_taguette(path: Path) -> Opened:
    """The project in a file. Raises `ExchangeError` that names the file."""
    with Tables(path) as tables:
        return _Reader(path, tables).read()


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of an HTML document: without its tags (`bare`), and with line ends between paragraphs."""

    bare: str
    text: str
    places: NDArray[np.int64]  # in `text`, of each character of `bare`

    def place(self, start: int, end: int) -> Place:
        """Where a stretch of `bare` stands in `text`."""
        return int(self.places[start]), int(self.places[end - 1]) + 1


def extract(html: str) -> Extracted:
    """The text of an HTML document as a browser has it."""
    parts: list[str] = []
    kept: list[tuple[int, int]] = []  # of each part of the bare text: its place in the text, and its length
    at, ends_line, wants_break, after_pre = 0, True, False, False
    for name, closing, content in tokens(html.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")):
        if name is not None:
            wants_break |= name in _BREAKS
            after_pre = name == "pre" and not closing
            continue
        piece = content.removeprefix("\n") if after_pre else content  # HTML takes it for a part of the tag
        after_pre = False
        if not piece:
            continue
        head = piece[: len(piece) - len(piece.lstrip())]
        if wants_break and not ends_line and "\n" not in head and piece.strip():
            parts.append("\n")
            at += 1
        parts.append(piece)
        kept.append((at, len(piece)))
        at += len(piece)
        tail = piece[len(piece.rstrip()) :]
        if piece.strip():
            ends_line, wants_break = "\n" in tail, False
        else:
            ends_line |= "\n" in piece
    text = "".join(parts)
    bare = "".join(text[start : start + n] for start, n in kept)
    places = np.concatenate([np.zeros(0, np.int64), *(np.arange(start, start + n) for start, n in kept)])
    return Extracted(bare, text, places)


class _Reader:
    """Reads one database; gathers what has to be said."""

    def __init__(self, path: Path, tables: Tables) -> None:
        self.path, self.tables = path, tables
        self.warnings: list[str] = []
        self.counts: Counter[str] = Counter()
        self.n_quotes = self.n_exact = self.n_moved = 0
        self.added: dict[int, str] = {}  # who added each document
        self.tags_of: defaultdict[int, list[int]] = defaultdict(list)  # of each highlight

    def read(self) -> Opened:
        if not self.tables.has(*NEEDED):
            missing = next(name for name in NEEDED if not self.tables.has(name))
            raise ExchangeError(f"{self.path}: no table '{missing}', so it is no Taguette project")
        number, name, description, created = self._only_project()
        tags = sorted(
            (tag, text_of(path), text_of(about), number_of(above))
            for id, project, path, about, above in self.tables.rows(
                "tags", "id", "project_id", "path", "description", "parent_id"
            )
            if (tag := number_of(id)) is not None and number_of(project) == number
        )
        codes = _codes(tags)
        known = {tag for tag, *_ in tags}
        for id, tag in self.tables.rows("highlight_tags", "highlight_id", "tag_id"):
            if (
                (highlight := number_of(id)) is not None
                and (one := number_of(tag)) in known
                and one is not None
            ):
                self.tags_of[highlight].append(one)
        given, people = self._given()
        highlights: defaultdict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
        for id, document, start, end, snippet in self.tables.rows(
            "highlights", "id", "document_id", "start_offset", "end_offset", "snippet"
        ):
            values = tuple(map(number_of, (id, document, start, end)))
            if None in values:
                self.counts["highlight without a place"] += 1
                continue
            key, owner, first, last = (value or 0 for value in values)
            highlights[owner].append((key, first, last, text_of(snippet)))
        maker = next((one.guid for one in people.values()), None)  # the first whom the log names
        sources: list[refi.Source] = []
        elsewhere = set[int | None]()  # documents of another project in the same database
        for id, project, title, about, contents, at in self.tables.rows(
            "documents", "id", "project_id", "name", "description", "contents", "created"
        ):
            if number_of(project) != number:
                elsewhere.add(number_of(id))
            else:
                found = extract(text_of(contents))
                selections = self._selections(found, sorted(highlights.pop(number_of(id) or 0, [])), given)
                sources.append(
                    refi.Source(
                        _guid("document", id), text_of(title) or f"document {id}", found.text, text_of(about),
                        user=self.added.get(number_of(id) or 0, maker), created_at=_time(at),
                        selections=selections,
                    )
                )  # fmt: skip
        self.counts["highlight of a document that is not there"] += sum(
            len(lost) for document, lost in highlights.items() if document not in elsewhere
        )
        project_made = refi.Project(
            name=name, origin="Taguette", user=maker, created_at=_time(created),
            users=tuple(people.values()), codes=codes, sources=tuple(sources), description=description,
        )  # fmt: skip
        self._report()
        rule = Rule(unit="bytes")
        calibration = Calibration(rule, "the usual rule", self.n_quotes, self.n_quotes, self.n_exact, 0.0)
        return Opened(self.path, project_made, calibration, tuple(self.warnings))

    def _only_project(self) -> tuple[int, str, str, object]:
        rows = list(self.tables.rows("projects", "id", "name", "description", "created"))
        used = {number_of(project) for (project,) in self.tables.rows("documents", "project_id")}
        found = [row for row in rows if number_of(row[0]) in used] or rows[:1]
        if not found:
            raise ExchangeError(f"{self.path}: there is no project in this Taguette database")
        if len(found) > 1:
            names = ", ".join(f"'{text_of(row[1])}'" for row in found[:MOST_NAMED])
            raise ExchangeError(
                f"{self.path}: there are {len(found)} projects in it ({names}); export one from Taguette"
            )
        number, name, description, created = found[0]
        return number_of(number) or 0, text_of(name), text_of(description), created

    def _given(self) -> tuple[dict[int, _Given], dict[str, refi.User]]:
        """Who gave which tags to each highlight, from the log; and everybody whom it names."""
        given: dict[int, _Given] = defaultdict(dict)
        people: dict[str, refi.User] = {}
        rows = self.tables.rows("commands", "id", "date", "user_login", "document_id", "payload")
        for _, date, login, document, payload in sorted(rows, key=lambda row: number_of(row[0]) or 0):
            try:
                told = json.loads(text_of(payload))
            except (ValueError, RecursionError):
                told = None
            if not isinstance(told, dict):
                self.counts["entry of the log that cannot be read"] += 1
                continue
            name = " ".join(text_of(login).split())
            user = people.setdefault(name, refi.User(_guid("user", name), name)).guid if name else None
            highlight = number_of(told.get("highlight_id", told.get("id")))
            match told.get("type"), told.get("tags"):
                case "document_add", _ if user is not None and (added := number_of(document)) is not None:
                    self.added[added] = user
                case "highlight_add", list(now) if highlight is not None:
                    before = given[highlight]
                    kept = [tag for one in now if (tag := number_of(one)) is not None]
                    given[highlight] = {tag: before.get(tag, (user, _time(date))) for tag in kept}
                case "tag_merge", _:
                    old, new = (
                        number_of(told.get(f"{one}_tag_id", told.get(one))) for one in ("src", "dest")
                    )
                    for one in given.values():
                        if old in one and new is not None:
                            one.setdefault(new, one.pop(old))
        return given, people

    def _selections(
        self, found: Extracted, highlights: Sequence[tuple[int, int, int, str]], given: dict[int, _Given]
    ) -> tuple[refi.Selection, ...]:  # fmt: skip
        places = Ruler(found.bare).places([Mark(one[1], one[2]) for one in highlights], Rule(unit="bytes"))
        selections = []
        for (id, _, _, snippet), (first, last, _) in zip(highlights, places.tolist(), strict=True):
            start, end = first, last
            quote = extract(snippet).bare
            if quote:
                self.n_quotes += 1
                if start < 0 or found.bare[start:end] != quote:
                    elsewhere = nearest(found.bare, quote, max(start, 0))
                    self.n_moved += elsewhere is not None
                    start, end = elsewhere or (start, end)
                self.n_exact += start >= 0 and found.bare[start:end] == quote
            if start < 0 or end <= start:
                self.counts["highlight that lies outside its document"] += 1
                continue
            tags = sorted(set(self.tags_of[id]))
            if not tags:
                self.counts["highlight without a tag"] += 1
                continue
            who = given.get(id, {})
            place = found.place(start, end)
            codings = tuple(
                refi.Coding(_guid("coding", f"{id}-{tag}"), _guid("tag", tag), *who.get(tag, (None, None)))
                for tag in tags
            )
            selections.append(
                refi.Selection(_guid("highlight", id), *place, name=quote[:100], codings=codings)
            )
        return tuple(selections)

    def _report(self) -> None:
        if self.n_moved:
            self.warnings.append(
                f"{counted(self.n_moved, 'highlight')} stood beside its quote: put where the quote is"
            )
        if lost := self.n_quotes - self.n_exact:
            self.warnings.append(f"{counted(lost, 'quote')} is not in its document: the place was kept")
        for what, n in sorted(self.counts.items()):
            if n:
                self.warnings.append(f"{counted(n, what)}: left out")


def _codes(tags: Sequence[tuple[int, str, str, int | None]]) -> tuple[refi.Code, ...]:
    """The tags by their whole paths; `a.b` stands under `a` where that is a tag as well.

    A version that is not out yet gives tags a parent; where it says one that is there, that one counts.
    """
    by_path, by_id = {path: id for id, path, *_ in tags}, {id: path for id, path, *_ in tags}
    found = []
    for id, path, about, parent in tags:
        parts = path.split(".") if path.count(".") < MAX_DEPTH else [path]
        shorter = (".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))
        above = next((by_path[one] for one in shorter if one in by_path), None)
        found.append((id, path, about, parent if parent in by_id else above))
    return _parents_first(found)


def _parents_first(tags: Sequence[tuple[int, str, str, int | None]]) -> tuple[refi.Code, ...]:
    """Each tag behind the one that it stands under; one that stands under itself is at the top."""
    below: dict[int | None, list[tuple[int, str, str]]] = defaultdict(list)
    for id, path, about, parent in sorted(tags, key=lambda tag: (tag[1].count("."), tag[1])):
        below[parent].append((id, path, about))
    found: list[refi.Code] = []
    placed = set[int]()
    for root in [*((*one, None) for one in below[None]), *sorted(tags)]:
        queue: list[tuple[int, str, str, int | None]] = [(*root[:3], None)]
        for id, path, about, parent in queue:
            if id not in placed:
                placed.add(id)
                above = None if parent is None else _guid("tag", parent)
                found.append(refi.Code(_guid("tag", id), path, above, description=about))
                queue += [(*child, id) for child in below[id]]
    return tuple(found)


def _guid(kind: str, id: object) -> str:
    return make_guid("taguette", kind, text_of(id))


def _time(date: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text_of(date).strip()).replace(tzinfo=UTC)
    except ValueError:
        return None
