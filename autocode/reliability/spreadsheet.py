"""Panels from tables of other programs: long and wide, CSV, TSV or XLSX.

    long         unit, coder, code                one row for each code that was given (empty: none applies)
    long, 0/1    unit, coder, code, value         one row for each code that was looked at
    categories   unit, coder, value               one row for each unit and coder
    wide, 0/1    unit, coder, then a column for each code
    wide         unit, then a column for each coder, with one category a cell; empty where not seen

All may have `transcript_id`, `text`, `round`, `coded_at`, and `blind` or `saw_machine`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autocode.codebook import Code, Codebook, read_codebook
from autocode.errors import AutocodeError, CodebookError, ReadError
from autocode.read.registry import split_suffix
from autocode.read.rows import MORE_CELLS, read_cells
from autocode.reliability.columns import NO, YES, Extra, flag, sha256
from autocode.reliability.panel import Panel, Unit, blindness_by_coder
from autocode.reliability.record import counted, listed
from autocode.write import without_apostrophe

# What a column may be called, by what it is.
NAMES: dict[str, tuple[str, ...]] = {
    "unit": ("unit", "unit_id", "utterance_id", "utterance", "statement", "item", "segment", "id"),
    "coder": ("coder", "coder_id", "rater", "annotator", "user"),
    "code": ("code", "code_id", "codename", "tag", "label"),
    "value": ("value", "applies", "applied", "present", "category", "rating", "score"),
    "transcript_id": ("transcript_id", "transcript", "interview", "document", "file", "source", "case"),
    "text": ("text", "content", "quote"),
    "kind": ("kind", "coder_kind"),
    "round": ("round",),
    "coded_at": ("coded_at", "date", "time"),
    "blind": ("blind",),
    "saw_machine": ("saw_machine",),
}
OURS = ["utterance_id", "transcript_id", "coder", "kind", "round", "coded_at"]  # of ratings.csv, then codes
EXPECTED = (
    "a table needs the columns unit, coder, code; or unit, coder, code, value; or unit, coder and "
    "one 0/1 column for "
    "each code; or unit and one column for each coder"
)


@dataclass(slots=True)
class Table:
    """The rows of a file, and which of its columns are what."""

    path: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]
    columns: dict[str, int] = field(default_factory=dict)

    @property
    def others(self) -> list[int]:
        """Columns that are none of the known ones."""
        known = set(self.columns.values())
        return [i for i, name in enumerate(self.header) if name and i not in known]

    def cell(self, row: Sequence[str], what: str) -> str:
        """A row's value in a known column; empty where there is none."""
        place = self.columns.get(what)
        return "" if place is None else self.at(row, place)

    @staticmethod
    def at(row: Sequence[str], place: int) -> str:
        """The value in a column; empty where the row is too short."""
        return without_apostrophe(row[place].strip()) if place < len(row) else ""

    def error(self, line: int, problem: str) -> ReadError:
        """An error that names the file and the row."""
        return ReadError(f"{self.path}, row {line}: {problem}")


@dataclass(slots=True)
class Cells:
    """What a table says: codes by coder and unit, and which of them are machines."""

    given: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    seen: dict[str, dict[str, int]] = field(default_factory=dict)  # the first row that tells of it
    codes: dict[str, None] = field(default_factory=dict)  # as they are written
    exclusive: bool = False  # one category a cell
    assumed: bool = False
    warnings: list[str] = field(default_factory=list)

    def see(self, coder: str, unit: str, line: int) -> set[str]:
        """Note that a coder saw a unit; the codes given to it."""
        self.seen.setdefault(coder, {}).setdefault(unit, line)
        return self.given.setdefault(coder, {}).setdefault(unit, set())


def panel_of_table(path: Path, *, codebook: str | Path | None = None) -> Panel:
    """The panel of one table. Raises `AutocodeError` with the file and the row or the missing columns."""
    book = None if codebook is None else read_codebook(codebook)
    table = _read(path, book)
    units: dict[str, Unit] = {}
    for line, row in table.rows:
        name = table.cell(row, "unit")
        if not name:
            raise table.error(line, f"no unit; the column '{table.header[table.columns['unit']]}' is empty")
        transcript = table.cell(row, "transcript_id") or None
        known = units.setdefault(name, Unit(name, transcript, table.cell(row, "text")))
        if known.transcript_id != transcript:
            raise table.error(line, f"unit '{name}' is of another transcript in an earlier row")
    layout = _shape(table)
    cells = layout(table)
    if layout in (_long, _long_with_values, _categories):
        cells.warnings += _unused(table)
    if not cells.seen:
        raise ReadError(f"{path}: there is no value in the table; every cell of a coder is empty")
    found = _Codes(table, cells, book)
    codings = {
        coder: {unit: found.resolved(cells.given[coder][unit], line) for unit, line in seen.items()}
        for coder, seen in cells.seen.items()
    }
    return _panel(table, cells, found, units, codings)


def _panel(
    table: Table,
    cells: Cells,
    found: _Codes,
    units: dict[str, Unit],
    codings: dict[str, dict[str, frozenset[str]]],
) -> Panel:
    extra, machines = Extra(), set[str]()
    if "coder" in table.columns:
        for line, row in table.rows:
            values = {name: table.cell(row, name) for name in ("round", "coded_at", "blind", "saw_machine")}
            extra.add(table.cell(row, "coder"), table.cell(row, "unit"), values, f"{table.path}, row {line}")
            if (kind := table.cell(row, "kind").casefold()) in ("human", "machine", ""):
                machines |= {table.cell(row, "coder")} if kind == "machine" else set()
            else:
                raise table.error(line, f"the kind of a coder is '{kind}'; write human or machine")
    people = {name: coding for name, coding in codings.items() if name not in machines}
    blindness = blindness_by_coder(people, extra.blind)
    n_assisted = sum(seen.n_assisted for seen in blindness.values())
    warnings = [*cells.warnings, *found.warnings]
    if n_assisted:
        warnings.append(
            f"{counted(n_assisted, 'coding')} made after the machine's suggestion was shown left out"
        )
    return Panel(
        source={"kind": "table", "name": table.path.name, "sha256": {table.path.name: sha256(table.path)}},
        codebook=found.book,
        units=units,
        humans={
            coder: {
                unit: codes for unit, codes in coding.items() if extra.blind.get((coder, unit)) is not False
            }
            for coder, coding in people.items()
        },
        machines={name: codings[name] for name in codings if name in machines},
        blindness_of=blindness,
        rounds=extra.rounds,
        moments=extra.moments,
        codebook_given=found.given,
        coverage_assumed=cells.assumed,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read(path: Path, book: Codebook | None) -> Table:
    header, *rows = read_cells(path)
    names = [without_apostrophe(" ".join(cell.split())) for _, cells in [header] for cell in cells]
    table = Table(path, names, rows)
    low = [name.casefold().replace(" ", "_") for name in names]
    for what, spellings in NAMES.items():
        place = next((low.index(name) for name in spellings if name in low), None)
        if place is not None and not (low[: len(OURS)] == OURS and place >= len(OURS)):
            table.columns[what] = place
    for what in [one for one in ("code", "value", "transcript_id", "coded_at") if one in table.columns]:
        if book is not None and _is_code(table, what, book):
            del table.columns[what]
    if "unit" not in table.columns:
        raise ReadError(f"{path}: no column 'unit' (or {', '.join(NAMES['unit'][1:])}); {EXPECTED}")
    named = [name for name in low if name]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ReadError(f"{path}: two columns are called '{twice[0]}'")
    if not rows:
        raise ReadError(f"{path}: there is only a header row")
    is_text = split_suffix(path)[1] != ".xlsx"  # beside the columns of a workbook there may be notes
    for line, row in rows if is_text else ():
        if any(cell.strip() for cell in row[len(names) :]):
            raise table.error(line, MORE_CELLS)
    return table


def _is_code(table: Table, what: str, book: Codebook) -> bool:
    """Is a column that could be something else a code of the codebook, with 0 or 1 in each row?"""
    if what == "value" and "code" in table.columns:
        return False
    name = table.header[table.columns[what]].casefold()
    named = any(name in (code.id.casefold(), code.name.casefold()) for code in book.codes)
    return named and _says_yes_or_no(table, table.columns[what])


def _says_yes_or_no(table: Table, place: int) -> bool:
    """Has a column nothing but yes, no and empty cells, and not all of these?"""
    found = {table.at(row, place).casefold() for _, row in table.rows}
    return found <= {*YES, *NO, ""} and found != {""}


def _unused(table: Table) -> list[str]:
    """A warning of columns that look like codes, and are not read in this layout."""
    names = [table.header[place] for place in table.others if _says_yes_or_no(table, place)]
    if not names:
        return []
    said = listed([f"'{name}'" for name in names])
    columns = f"the column {said} is" if len(names) == 1 else f"the columns {said} are"
    used = table.header[table.columns["code" if "code" in table.columns else "value"]]
    return [
        f"{table.path}: {columns} not used, since the codes are in the column '{used}'; where that is a "
        "code as well, call it otherwise or give --codebook"
    ]


def _shape(table: Table) -> Callable[[Table], Cells]:
    """How the table is laid out, by its columns. Raises `ReadError` that names what is missing."""
    has = table.columns
    if "coder" in has:
        if "code" in has:
            return _long_with_values if "value" in has else _long
        if "value" in has:
            return _categories
        if table.others:
            return _wide_codes
        raise ReadError(
            f"{table.path}: no column 'code', and no column for a code beside unit and coder; {EXPECTED}"
        )
    if "code" in has:
        raise ReadError(f"{table.path}: no column 'coder' (or {', '.join(NAMES['coder'][1:])}); {EXPECTED}")
    if len(table.others) >= 2:
        return _wide_coders
    raise ReadError(
        f"{table.path}: no column 'coder', and fewer than two columns that could be coders; {EXPECTED}"
    )


def _coder(table: Table, line: int, row: Sequence[str]) -> str:
    name = table.cell(row, "coder")
    if not name:
        raise table.error(line, f"no coder; the column '{table.header[table.columns['coder']]}' is empty")
    return name


def _long(table: Table) -> Cells:
    cells, n_repeated, empty = Cells(), 0, False
    for line, row in table.rows:
        codes = cells.see(_coder(table, line, row), table.cell(row, "unit"), line)
        code = table.cell(row, "code")
        empty |= not code
        if code:
            n_repeated += code in codes
            codes.add(code)
            cells.codes[code] = None
    if n_repeated:
        cells.warnings.append(f"{table.path}: {counted(n_repeated, 'repeated row')} counted once")
    if not empty:
        _assume_coverage(table, cells)
    return cells


def _assume_coverage(table: Table, cells: Cells) -> None:
    """Everybody saw all units of the transcripts (without: of the table) in which he or she gave a code."""
    place = {table.cell(row, "unit"): table.cell(row, "transcript_id") for _, row in table.rows}
    named = [set(seen) for seen in cells.seen.values()]
    for coder, seen in list(cells.seen.items()):
        where = {place[unit] for unit in seen}
        for unit, transcript in place.items():
            if transcript in where and unit not in seen:
                cells.see(coder, unit, 0)
    cells.assumed = True
    if len(named) > 1 and max(Counter(unit for seen in named for unit in seen).values()) < 2:
        raise ReadError(
            f"{table.path}: no two coders gave a code to the same unit, and the table does not say who "
            "looked at what; add a row with an empty code for each unit that a coder left uncoded"
        )
    cells.warnings.append(
        f"{table.path}: the table does not say who looked at what (no row with an empty code); every "
        f"coder is taken "
        "to have seen all units that it names of each transcript in which he or she gave a code. "
        "Units to which "
        "nobody gave a code are not in it, and without them agreement is understated or overstated"
    )


def _long_with_values(table: Table) -> Cells:
    said: dict[tuple[str, str, str], tuple[bool, int]] = {}
    cells, n_repeated = Cells(), 0
    for line, row in table.rows:
        coder, unit, code = _coder(table, line, row), table.cell(row, "unit"), table.cell(row, "code")
        value = table.cell(row, "value")
        if not code:
            raise table.error(line, "no code; a row with a value needs one")
        cells.codes[code] = None
        if not value:
            continue
        yes = flag(value, f"{table.path}, row {line}: the value")
        before = said.setdefault((coder, unit, code), (yes, line))
        if before[0] is not yes:
            raise table.error(
                line, f"'{coder}' says the opposite of '{code}' on unit '{unit}' in row {before[1]}"
            )
        n_repeated += before[1] != line
        codes = cells.see(coder, unit, line)
        if yes:
            codes.add(code)
    if n_repeated:
        cells.warnings.append(f"{table.path}: {counted(n_repeated, 'repeated row')} counted once")
    if all(yes for yes, _ in said.values()):
        _assume_coverage(table, cells)
    else:
        _check_complete(table, cells, set(said))
    return cells


def _check_complete(table: Table, cells: Cells, said: set[tuple[str, str, str]]) -> None:
    for coder, seen in cells.seen.items():
        for unit, line in seen.items():
            missing = next((code for code in cells.codes if (coder, unit, code) not in said), None)
            if missing is not None:
                raise table.error(
                    line,
                    f"'{coder}' says nothing of '{missing}' on unit '{unit}'; a coder who saw a unit "
                    f"says 1 or 0 of "
                    "every code",
                )


def _categories(table: Table) -> Cells:
    cells, n_repeated = Cells(exclusive=True), 0
    for line, row in table.rows:
        coder, unit = _coder(table, line, row), table.cell(row, "unit")
        n_repeated += _put(table, cells, (coder, unit), table.cell(row, "value"), line)
    if n_repeated:
        cells.warnings.append(f"{table.path}: {counted(n_repeated, 'repeated row')} counted once")
    return cells


def _wide_coders(table: Table) -> Cells:
    cells = Cells(exclusive=True)
    for line, row in table.rows:
        for place in table.others:
            _put(table, cells, (table.header[place], table.cell(row, "unit")), table.at(row, place), line)
    return cells


def _put(table: Table, cells: Cells, key: tuple[str, str], value: str, line: int) -> bool:
    """Note the category of one (coder, unit); whether it was there already."""
    coder, unit = key
    if not value:
        return False
    again = unit in cells.seen.get(coder, {})
    given = cells.see(coder, unit, line)
    if given and value not in given:
        before = cells.seen[coder][unit]
        raise table.error(
            line, f"'{coder}' gave unit '{unit}' another category in row {before}; keep one of them"
        )
    given.add(value)
    cells.codes[value] = None
    return again


def _wide_codes(table: Table) -> Cells:
    """One 0/1 column for each code; a row that is empty there was not seen."""
    cells = Cells(codes={table.header[place]: None for place in table.others})
    known = {*YES, *NO, ""}
    values: dict[tuple[str, str], tuple[tuple[str, ...], int]] = {}
    n_repeated = 0
    for line, row in table.rows:
        found = tuple(table.at(row, place).casefold() for place in table.others)
        strange = next(
            (place for place, value in zip(table.others, found, strict=True) if value not in known), None
        )
        if strange is not None:
            raise table.error(
                line, f"the column '{table.header[strange]}' holds something other than 1 and 0; {EXPECTED}"
            )
        key = _coder(table, line, row), table.cell(row, "unit")
        before = values.setdefault(key, (found, line))
        if before[0] != found:
            raise table.error(
                line, f"'{key[0]}' codes unit '{key[1]}' otherwise in row {before[1]}; keep one of them"
            )
        n_repeated += before[1] != line
    zeros = any(value in NO for found, _ in values.values() for value in found)
    for (coder, unit), (found, line) in values.items():
        if zeros and not any(found):
            continue  # not seen
        if zeros and "" in found:
            name = table.header[table.others[found.index("")]]
            raise table.error(line, f"the column '{name}' is empty; write 0 where a code does not apply")
        codes = cells.see(coder, unit, line)
        codes.update(table.header[p] for p, value in zip(table.others, found, strict=True) if value in YES)
    if not zeros:
        cells.warnings.append(f"{table.path}: there is no 0 in the table; empty cells are taken for it")
        cells.assumed = True
    if n_repeated:
        cells.warnings.append(f"{table.path}: {counted(n_repeated, 'repeated row')} counted once")
    return cells


class _Codes:
    """The codebook of a table, and the ids of the codes as they are written there."""

    def __init__(self, table: Table, cells: Cells, book: Codebook | None) -> None:
        self.table, self.given = table, book is not None
        self.warnings: list[str] = []
        self.ids: dict[str, str | None] = {}
        written = list(cells.codes)
        if book is not None:
            self.book = book
            self.warnings += book.warnings
            for code in written:
                try:
                    self.ids[code] = book.resolve(code)
                except CodebookError as error:
                    raise ReadError(f"{table.path}: {error}") from None
            return
        low = {code.casefold() for code in written}
        twice = len(low & {*YES}) > 1 or len(low & {*NO}) > 1  # the categories "x" and "y", say
        yes_no = cells.exclusive and low <= {*YES, *NO} and not twice
        if yes_no:  # one code, which every coder says yes or no to
            name = table.path.stem
            self.book = Codebook(name=name, codes=(Code(id=name, name=name),))
            self.ids = {code: name if code.casefold() in YES else None for code in written}
            return
        self.warnings.append(
            f"{table.path}: no codebook given (--codebook); the codes offered are taken to be the "
            f"{len(written)} that the table names"
        )
        self.ids = {code: code for code in written}
        ordered = sorted(written, key=_by_number) if cells.exclusive else written
        groups: Mapping[str, object] = {}
        if cells.exclusive and len(written) > 1:
            groups = {"exclusive_groups": (tuple(ordered),)}
        try:
            codes = tuple(Code(id=code, name=code.replace(" > ", " / ")) for code in ordered)
            self.book = Codebook(name=table.path.stem, codes=codes, **groups)  # type: ignore[arg-type]
        except (AutocodeError, ValueError) as error:
            raise ReadError(
                f"{table.path}: its codes make no codebook ({error}); give one with --codebook"
            ) from None

    def resolved(self, written: set[str], line: int) -> frozenset[str]:
        """Ids of the codes. Raises `ReadError` for two of an exclusive group."""
        found = frozenset(id for code in written if (id := self.ids[code]) is not None)
        if both := self.book.excluded(found):
            raise self.table.error(
                line, f"'{both[0]}' and '{both[1]}' exclude each other, and both are given"
            )
        return found


def _by_number(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text
