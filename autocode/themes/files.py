"""Themes as files: `themes.json`, `themes.csv`, `theme_members.csv` and a page, private to their owner."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autocode.files import private_folder, write_together
from autocode.themes.find import Found
from autocode.themes.page import write_page
from autocode.themes.theme import Theme
from autocode.write import harmless

FILES = ("themes.json", "themes.csv", "theme_members.csv", "themes.html")
COLUMNS = (
    "theme", "label", "words", "statements", "share", "respondents", "transcripts", "coverage",
    "nearest_code", "distance", "stability", "new", "stable", "emergent",
)  # fmt: skip


def write_themes(found: Found, folder: Path) -> None:
    """Write the themes into `folder`; all files or none. The same `found` gives the same bytes."""
    with private_folder(folder), write_together(folder, FILES) as (whole, table, members, page):
        json.dump(as_json(found), whole, ensure_ascii=False, indent=1, allow_nan=False)
        whole.write("\n")
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(_row(theme, found.n_statements) for theme in found.themes)
        rows = csv.writer(members, lineterminator="\n")
        rows.writerow(("utterance_id", "theme"))
        rows.writerows((harmless(unit), theme) for unit, theme in found.placed.items())
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
        "covered_by": found.covered_by,
        "stability": asdict(found.stability),
        "themes": [theme.row() for theme in found.themes],
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
    ]  # fmt: skip
