"""Reads QualCoder projects: the folder `name.qda`, its `data.qda` (SQLite), or a ZIP archive of it.

Positions count characters of `source.fulltext`, end exclusive; `seltext` is what was selected, and decides
where the two disagree. Columns and tables that a version lacks are taken as empty (read up to version 17).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from autocode.codebook.code import MAX_DEPTH
from autocode.codebook.qdc_format import make_guid, normal_colour
from autocode.errors import ExchangeError
from autocode.exchange import refi
from autocode.exchange.archive import Archive
from autocode.exchange.positions import Mark, Ruler, calibrate
from autocode.exchange.quoted import as_quoted, nearest
from autocode.exchange.refi_read import Opened, counted
from autocode.exchange.sqlite_file import MAX_FILE, Tables, number_of, text_of

DATABASE = "data.qda"
NEEDED = ("source", "code_name", "code_text")
_Node = tuple[Literal["category", "code"], int]
_Values = defaultdict[tuple[str, int | None], list[refi.Value]]  # by "case" or "file", and its number
_MEDIA = {"images": "picture", "audio": "recording", "video": "film"}


def database_of(folder: Path) -> Path | None:
    """The database of a QualCoder folder; None where the folder is none."""
    try:
        return next((one for one in sorted(folder.iterdir()) if one.name.lower() == DATABASE), None)
    except OSError:
        return None


def database_in(archive: Archive) -> str | None:
    """The name of the database in an archive; None where there is none. Raises `ExchangeError` for two."""
    found = [name for name in archive.names() if name.rpartition("/")[2].lower() == DATABASE]
    if len(found) > 1:
        raise ExchangeError(
            f"{archive.path}: there are {len(found)} QualCoder projects in it; one was expected"
        )
    return found[0] if found else None


def read_qualcoder(path: Path) -> Opened:
    """The project in a folder, a database or an archive. Raises `ExchangeError` that names the file."""
    if path.is_dir():
        database = database_of(path)
        if database is None:
            raise ExchangeError(
                f"{path}: there is no {DATABASE} in this folder, so it is no QualCoder project"
            )
        with Tables(database) as tables:
            return _Reader(path, tables, path.stem).read()
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if not packed:
        name = path.resolve().parent.stem if path.name.lower() == DATABASE else path.stem
        with Tables(path) as tables:
            return _Reader(path, tables, name).read()
    with Archive(path) as archive:
        inside = database_in(archive)
        if inside is None:
            raise ExchangeError(f"{path}: there is no {DATABASE} in it, so it is no QualCoder project")
        if f"{inside}-wal" in archive:
            raise ExchangeError(
                f"{path}: the project was packed while it was open; close it and pack it again"
            )
        data = archive.read(inside, limit=MAX_FILE)
    with Tables(path, data) as tables:
        return _Reader(path, tables, path.stem.removesuffix(".qda")).read()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A coding, annotation or part of a case before its place is known to be right."""

    selection: refi.Selection
    quote: str = ""


class _Reader:
    """Reads one database; gathers what has to be said."""

    def __init__(self, path: Path, tables: Tables, name: str) -> None:
        self.path, self.tables, self.name = path, tables, name
        self.warnings: list[str] = []
        self.counts: Counter[str] = Counter()  # what was left out
        self.users: dict[str, refi.User] = {}
        self.memos: list[refi.Note] = []

    def read(self) -> Opened:
        if not self.tables.has(*NEEDED):
            missing = next(name for name in NEEDED if not self.tables.has(name))
            raise ExchangeError(f"{self.path}: no table '{missing}', so it is no QualCoder project")
        about = next(iter(self.tables.rows("project", "about", "memo", "date", "codername")), (None,) * 4)
        codes = self._codes()
        stretches = self._stretches({code.guid for code in codes})
        cases, variables, values = self._cases(stretches)
        rulers: list[tuple[int, refi.Source, Ruler | None]] = []
        seen = set[int]()
        for id, name, text, media, memo, owner, date in self.tables.rows(
            "source", "id", "name", "fulltext", "mediapath", "memo", "owner", "date"
        ):
            number = number_of(id)
            if number is None or number in seen:
                self.counts["second document with the same number"] += 1
                continue
            seen.add(number)
            ruler = self._ruler(text, text_of(media))
            source = refi.Source(
                guid=_guid("source", id),
                name=text_of(name) or f"source {id}",
                text=None,
                description=text_of(memo),
                user=self._user(owner),
                created_at=_time(date),
                values=tuple(values["file", number]),
            )
            rulers.append((number, source, ruler))
        marks = {
            id: [Mark(one.selection.start_char, one.selection.end_char, one.quote) for one in stretches[id]]
            for id, _, _ in rulers
        }
        found = calibrate(
            [
                (ruler, [mark for mark in marks[id] if mark.name] or marks[id])
                for id, _, ruler in rulers
                if ruler is not None
            ]
        )
        if unusual := found.rule.differences():
            self.warnings.append(
                f"positions are counted {', '.join(unusual)} (found by {found.decided_by}); converted"
            )
        sources = []
        for id, bare, ruler in rulers:
            source = bare
            if ruler is not None:
                places = ruler.places(marks[id], found.rule).tolist()
                kept = self._placed(ruler.text, stretches.pop(id), places)
                source = replace(bare, text=ruler.text, selections=kept)
            sources.append(source)
        self.counts["coding or note on a text that is not there"] += sum(map(len, stretches.values()))
        self.counts["coding of a picture"] += sum(1 for _ in self.tables.rows("code_image", "imid"))
        self.counts["coding of a recording"] += sum(1 for _ in self.tables.rows("code_av", "avid"))
        project = refi.Project(
            name=self.name,
            origin=text_of(about[0]).strip() or "QualCoder",
            user=self._user(about[3]),
            created_at=_time(about[2]),
            codes=codes,
            variables=variables,
            cases=cases,
            sources=tuple(sources),
            description=text_of(about[1]),
            notes=self._journals(),
            memos=tuple(self.memos),
            users=tuple(self.users.values()),
        )
        for what, n in sorted(self.counts.items()):
            if n:
                self.warnings.append(f"{counted(n, what)}: left out")
        return Opened(self.path, project, found, tuple(self.warnings))

    def _user(self, owner: object) -> str | None:
        name = " ".join(text_of(owner).split())
        if not name:
            return None
        return self.users.setdefault(name, refi.User(make_guid("qualcoder", "user", name), name)).guid

    # Codes and categories

    def _codes(self) -> tuple[refi.Code, ...]:
        """Categories and codes as one tree, each after the one it stands under."""
        nodes: dict[_Node, refi.Code] = {}
        above: dict[_Node, _Node | None] = {}
        for id, name, memo, parent in self.tables.rows("code_cat", "catid", "name", "memo", "supercatid"):
            if (number := number_of(id)) is not None:
                key: _Node = ("category", number)
                code = refi.Code(
                    _guid("category", id), text_of(name), is_codable=False, description=text_of(memo)
                )
                nodes[key], above[key] = code, _key("category", parent)
        for id, name, memo, category, colour, parent in self.tables.rows(
            "code_name", "cid", "name", "memo", "catid", "color", "supercid"
        ):
            if (number := number_of(id)) is not None:
                key = ("code", number)
                self.counts["colour that is not one such as '#1F77B4'"] += bool(
                    text_of(colour) and normal_colour(text_of(colour)) is None
                )
                nodes[key] = refi.Code(
                    _guid("code", id),
                    text_of(name),
                    colour=normal_colour(text_of(colour)),
                    description=text_of(memo),
                )
                above[key] = _key("code", parent) or _key("category", category)
        for key, parent in above.items():
            if parent is not None and parent not in nodes:
                self.counts["category that is not there"] += 1
                above[key] = None
        return self._ordered(nodes, above)

    def _ordered(
        self, nodes: dict[_Node, refi.Code], above: dict[_Node, _Node | None]
    ) -> tuple[refi.Code, ...]:
        below: dict[_Node | None, list[_Node]] = defaultdict(list)
        for key, parent in above.items():
            below[parent].append(key)
        found: list[refi.Code] = []
        stack = [(key, 0) for key in reversed(below[None])]
        while stack:
            key, depth = stack.pop()
            if depth >= MAX_DEPTH:
                raise ExchangeError(
                    f"{self.path}: categories are nested more than {MAX_DEPTH} levels deep; refused"
                )
            parent = above[key]
            found.append(replace(nodes[key], parent=None if parent is None else nodes[parent].guid))
            stack += [(child, depth + 1) for child in reversed(below[key])]
        if len(found) < len(nodes):
            raise ExchangeError(f"{self.path}: categories stand under each other in a circle; refused")
        return tuple(found)

    # Texts and what lies on them

    def _ruler(self, text: object, media: str) -> Ruler | None:
        kind = _MEDIA.get(media.lstrip("/").partition(":")[0].partition("/")[0])
        if text is None or (kind is not None and not text):
            self.counts[kind or "document without its text"] += 1
            return None
        return Ruler(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))

    def _stretches(self, codes: set[str]) -> defaultdict[int, list[_Stretch]]:
        found: defaultdict[int, list[_Stretch]] = defaultdict(list)
        for id, code, file, quote, start, end, owner, date, memo, important in self.tables.rows(
            "code_text", "ctid", "cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo", "important"
        ):
            if _guid("code", code) not in codes:
                self.counts["coding with a code that is not there"] += 1
                continue
            user, at = self._user(owner), _time(date)
            self.counts["mark 'important' on a coding"] += bool(number_of(important))
            coding = refi.Coding(_guid("coding", id), _guid("code", code), user, at)
            self._add(found, file, (start, end), refi.Selection(
                _guid("selection", id), 0, 0, description=text_of(memo), user=user, created_at=at,
                codings=(coding,),
            ), text_of(quote))  # fmt: skip
        for id, file, start, end, memo, owner, date in self.tables.rows(
            "annotation", "anid", "fid", "pos0", "pos1", "memo", "owner", "date"
        ):
            self._add(found, file, (start, end), refi.Selection(
                _guid("annotation", id), 0, 0, description=text_of(memo), user=self._user(owner),
                created_at=_time(date),
            ))  # fmt: skip
        return found

    def _add(
        self, found: defaultdict[int, list[_Stretch]], file: object, place: tuple[object, object],
        selection: refi.Selection, quote: str = "",
    ) -> None:  # fmt: skip
        number, start, end = number_of(file), *map(number_of, place)
        if number is None or start is None or end is None:
            self.counts["coding or note without a place"] += 1
            return
        found[number].append(
            _Stretch(replace(selection, start_char=start, end_char=end, name=quote[:100]), quote)
        )

    def _placed(
        self, text: str, stretches: Sequence[_Stretch], places: Iterable[Sequence[int]]
    ) -> tuple[refi.Selection, ...]:  # fmt: skip
        """The selections where their quotes stand; those that lie outside of the text are left out."""
        kept, n_moved, n_lost = [], 0, 0
        for one, (start, end, _) in zip(stretches, places, strict=True):
            place = (start, end)
            quote = as_quoted(one.quote)
            if quote and (start < 0 or text[start:end] != quote):
                elsewhere = nearest(text, quote, one.selection.start_char)
                n_moved += elsewhere is not None
                n_lost += elsewhere is None and start >= 0
                place = elsewhere or place
            if place[0] < 0:
                self.counts["coding or note that lies outside its text"] += 1
            elif place[1] <= place[0]:
                self.counts["coding or note without any text"] += 1
            else:
                kept.append(replace(one.selection, start_char=place[0], end_char=place[1]))
        if n_moved:
            self.warnings.append(
                f"{counted(n_moved, 'coding')} stood beside its quote: put where the quote is"
            )
        if n_lost:
            self.warnings.append(
                f"{counted(n_lost, 'quote')} is not in its text, which was changed later: the place was kept"
            )
        return tuple(kept)

    # Cases, attributes, journals

    def _cases(
        self, stretches: defaultdict[int, list[_Stretch]]
    ) -> tuple[tuple[refi.Case, ...], tuple[refi.Variable, ...], _Values]:
        variables, values = self._attributes()
        parts: defaultdict[int | None, list[tuple[str, str]]] = defaultdict(
            list
        )  # of a case: source, selection
        for id, case, file, start, end, owner, date in self.tables.rows(
            "case_text", "id", "caseid", "fid", "pos0", "pos1", "owner", "date"
        ):
            selection = refi.Selection(
                _guid("case part", id), 0, 0, user=self._user(owner), created_at=_time(date)
            )
            if (number_of(end) or 0) > (number_of(start) or 0):  # else the whole of a picture or recording
                self._add(stretches, file, (start, end), selection)
            parts[number_of(case)].append((_guid("source", file), selection.guid))
        cases = []
        for id, name, memo, owner, date in self.tables.rows(
            "cases", "caseid", "name", "memo", "owner", "date"
        ):
            own = parts[number_of(id)]
            cases.append(
                refi.Case(
                    _guid("case", id), text_of(name), values=tuple(values["case", number_of(id)]),
                    sources=tuple(dict.fromkeys(source for source, _ in own)),
                    selections=tuple(selection for _, selection in own),
                )
            )  # fmt: skip
            if text_of(memo).strip():
                self._note(("case memo", id), f"Case {text_of(name)}", memo, owner, date)
        return tuple(cases), variables, values

    def _attributes(
        self,
    ) -> tuple[tuple[refi.Variable, ...], _Values]:
        rows = [
            (text_of(name), text_of(kind), text_of(value).strip(), number_of(id))
            for name, kind, value, id in self.tables.rows("attribute", "name", "attr_type", "value", "id")
        ]
        types = {
            text_of(n): (text_of(t), text_of(m))
            for n, t, m in self.tables.rows("attribute_type", "name", "valuetype", "memo")
        }
        given: dict[str, list[str]] = defaultdict(list)
        for name, _, value, _ in rows:
            given[name] += [value] if value else []
        variables = {
            name: refi.Variable(_guid("variable", name), name, _kind(kind, given[name]), about)
            for name in dict.fromkeys((*types, *given))
            for kind, about in [types.get(name, ("", ""))]
        }  # fmt: skip
        values: _Values = defaultdict(list)
        for name, kind, value, id in rows:
            if value:
                variable = variables[name]
                values[kind, id].append(refi.Value(variable.guid, _scalar(value, variable.kind)))
        return tuple(variables.values()), values

    def _journals(self) -> tuple[str, ...]:
        for id, name, text, date, owner in self.tables.rows(
            "journal", "jid", "name", "jentry", "date", "owner"
        ):
            self._note(("journal", id), text_of(name), text, owner, date)
        return tuple(note.guid for note in self.memos)

    def _note(self, key: tuple[str, object], name: str, text: object, owner: object, date: object) -> None:
        self.memos.append(refi.Note(_guid(*key), text_of(text), name, self._user(owner), _time(date)))


def _guid(kind: str, id: object) -> str:
    return make_guid("qualcoder", kind, text_of(id))


def _key(kind: Literal["category", "code"], id: object) -> _Node | None:
    number = number_of(id)
    return None if number is None else (kind, number)


def _time(date: object) -> datetime | None:
    """A date as QualCoder writes it: local time without its zone, taken as UTC."""
    try:
        return datetime.fromisoformat(text_of(date).strip()[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _kind(valuetype: str, values: Iterable[str]) -> refi.VariableKind:
    if valuetype != "numeric":
        return "Text"
    return "Integer" if all(value.lstrip("+-").isdigit() for value in values) else "Float"


def _scalar(value: str, kind: refi.VariableKind) -> refi.Scalar:
    try:
        return int(value) if kind == "Integer" else Decimal(value) if kind == "Float" else value
    except (ValueError, InvalidOperation):
        return value
