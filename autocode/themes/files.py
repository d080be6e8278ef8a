"""Themes as files, private to their owner: `themes.json`, two tables and a page; and read again."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autocode.errors import ThemesError
from autocode.files import OutputError, private_folder, write_together
from autocode.read.rows import find_table
from autocode.themes.find import Found
from autocode.themes.holding_tables import CODES, PAIRS, code_rows, pair_rows
from autocode.themes.page import write_page
from autocode.themes.theme import Statement, Theme, Verdict
from autocode.write import harmless, without_apostrophe, write_rows

FILES = ("themes.json", "themes.csv", "theme_members.csv", "codes.csv", "code_pairs.csv", "themes.html")
COLUMNS = (
    "theme", "label", "words", "statements", "share", "respondents", "transcripts", "coverage",
    "nearest_code", "distance", "stability", "new", "stable", "emergent", "decided",
)  # fmt: skip


def check_place(folder: Path) -> None:
    """Raise `OutputError` where the tables would replace what is none of earlier themes."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, and --out is a folder")
    if (folder / "themes.json").exists():  # of an earlier run, which this one replaces
        return
    for name in FILES:
        found = folder / name
        if name.endswith(".csv"):  # in another format, too: the new table could be read in its place
            found = find_table(folder, name.removesuffix(".csv")) or found
        if found.is_file():
            raise OutputError(
                f"{folder}: {found.name} is there already, and of no themes; choose another folder with --out"
            )


def write_themes(found: Found, folder: Path) -> None:
    """Write the themes into `folder`; all files or none. The same `found` gives the same bytes."""
    with (
        private_folder(folder),
        write_together(folder, FILES) as (
            whole,
            table,
            members,
            codes,
            pairs,
            page,
        ),
    ):
        json.dump(as_json(found), whole, ensure_ascii=False, indent=1, allow_nan=False)
        whole.write("\n")
        rows = csv.writer(table, lineterminator="\n")
        groups = [(name, value) for name, values in found.groups.items() for value in values]
        rows.writerow((*COLUMNS, *(harmless(f"{name}: {value}") for name, value in groups)))
        rows.writerows(
            (*_row(one, found.n_statements), *(one.groups[name][value] for name, value in groups))
            for one in found.themes
        )
        rows = csv.writer(members, lineterminator="\n")
        rows.writerow(("utterance_id", "theme"))
        rows.writerows((harmless(unit), theme) for unit, theme in found.placed.items())
        held = found.codes
        write_rows(codes, code_rows(held.book, held.holding) if held else [CODES])
        write_rows(pairs, pair_rows(held.holding) if held else [PAIRS])
        page.write(write_page(found))


def as_json(found: Found) -> dict[str, Any]:
    """All that is known of the themes, with what it takes to find them again."""
    return {
        **found.facts,
        "n_statements": found.n_statements,
        "n_short": found.n_short,
        "n_unplaced": found.n_statements - len(found.placed),
        "n_respondents": found.n_respondents,
        "n_transcripts": found.n_transcripts,
        "transcripts": list(found.transcripts),
        "groups": found.groups,
        "covered_by": found.covered_by,
        "stability": asdict(found.stability),
        "themes": [theme.row() for theme in found.themes],
        "codes": None if found.codes is None else found.codes.record(),
        "theme_settings": found.facts["themes"],
        "saturation": {
            "codes": asdict(found.saturation_of_codes),
            "themes": asdict(found.saturation_of_themes),
        },
    }


def _row(theme: Theme, n_statements: int) -> list[Any]:
    return [
        theme.id, harmless(theme.label), harmless(" ".join(theme.words)), theme.n_statements,
        f"{theme.n_statements / n_statements:.4f}", len(theme.respondents), len(theme.transcripts),
        f"{theme.coverage:.4f}", harmless(theme.nearest_code), f"{theme.distance:.4f}",
        f"{theme.stability:.4f}",
        *(("yes" if value else "no") for value in (theme.is_new, theme.stable, theme.emergent)),
        "" if theme.verdict is None else harmless(theme.verdict.sentence()),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """Themes as they were written."""

    themes: tuple[Theme, ...]
    members: Mapping[int, frozenset[str]]  # by the theme's id, ids of its utterances
    transcripts: frozenset[str]  # in which themes were looked for
    facts: Mapping[str, Any]  # all else that `themes.json` says


def read_themes(folder: Path) -> Stored | None:
    """What `write_themes` wrote into `folder`; None: nothing. Raises `ThemesError` for damaged files."""
    whole, table = folder / "themes.json", folder / "theme_members.csv"
    if not whole.is_file() or not table.is_file():
        return None
    again = "run 'autocode themes' again"
    try:
        facts = json.loads(whole.read_text(encoding="utf-8"))
        themes = tuple(map(_theme, facts.pop("themes")))
        transcripts = frozenset(facts["transcripts"])
        members: dict[int, set[str]] = {theme.id: set() for theme in themes}
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                members[int(row["theme"])].add(without_apostrophe(row["utterance_id"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ThemesError(f"{folder}: its themes are damaged, or of another version; {again}") from error
    return Stored(themes, {id: frozenset(units) for id, units in members.items()}, transcripts, facts)


def _theme(row: dict[str, Any]) -> Theme:
    fields = {name: row[name] for name in Theme.__dataclass_fields__}
    verdict = fields["verdict"]
    return Theme(
        **{
            **fields, "words": tuple(fields["words"]), "place": tuple(fields["place"]),
            "statements": tuple(Statement(**one) for one in fields["statements"]),
            "verdict": None if verdict is None else Verdict(**verdict),
        }
    )  # fmt: skip
