"""The report: all parts in their order, and the files that they become."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode import __version__
from autocode.codebook import read_codebook
from autocode.config import Settings, read_settings
from autocode.dataset import read_dataset
from autocode.errors import AgreementError
from autocode.files import private_folder, write_private, write_together
from autocode.findings.beside import (
    codes_that_hold,
    consistency_of_answers,
    propositions,
    with_what_lies_beside,
)
from autocode.findings.cases import cases
from autocode.findings.front import codebook, corpus, in_short, respondents
from autocode.findings.gather import is_dataset, material_of_dataset, material_of_project
from autocode.findings.material import Material
from autocode.findings.method import method
from autocode.findings.part import PAGE, Cells, Options, Part
from autocode.findings.statements import behind, statements
from autocode.findings.strongest import quotes
from autocode.findings.structure import structure
from autocode.findings.thematic_map import thematic_map
from autocode.findings.timeline import sequences
from autocode.findings.trust import limits, reliability, reproduce
from autocode.reliability import Panel, agreement, panel_of_dataset, panel_of_project
from autocode.report.blocks import Entry, Section, with_absent
from autocode.report.document import as_document, save_document
from autocode.report.drawing import own_svg
from autocode.report.page import as_page
from autocode.write import write_rows

if TYPE_CHECKING:
    from autocode.store import OnWait

DOCUMENT, RECORD = "findings.docx", "findings.json"
PARTS: tuple[Callable[[Material, Options], Part], ...] = (
    in_short,
    corpus,
    respondents,
    method,
    codebook,
    reliability,
    structure,
    codes_that_hold,
    thematic_map,
    quotes,
    cases,
    sequences,
    propositions,
    consistency_of_answers,
    limits,
    reproduce,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report says."""

    material: Material
    parts: tuple[Part, ...]
    made_at: datetime

    @property
    def title(self) -> str:
        """The report's title."""
        return f"{self.material.name}: findings"

    @property
    def sections(self) -> list[Section]:
        """The sections in order; those without content are named in the last."""
        entries: dict[str, Entry] = {one.anchor: one for part in self.parts for one in part.entries}
        made = [*(part.section for part in self.parts), behind(list(entries.values())) if entries else None]
        there = with_absent([section for section in made if section is not None])
        return [*there, statements(self.material)] if self.material.coded else there

    @property
    def record(self) -> dict[str, Any]:
        """All numbers as JSON values."""
        parts = {part.section.name: part.record or {"absent": part.section.absent} for part in self.parts}
        return {"autocode": __version__, "made_at": self.made_at.isoformat(timespec="seconds"),
                "source": self.material.name, "digest": self.material.digest, **parts}  # fmt: skip


def read_source(
    folder: Path, *, include_machine: bool = False, on_wait: OnWait | None = None
) -> tuple[Material, Panel]:
    """The material of a project or a coded dataset, and its panel for reliability. Raises `AutocodeError`."""
    if is_dataset(folder):
        dataset = read_dataset(folder)
        material = material_of_dataset(dataset, include_machine=include_machine)
        material = with_what_lies_beside(material, dataset.transcripts, folder, Settings())
        return material, panel_of_dataset(dataset)
    from autocode.store import open_project

    with open_project(folder, on_wait=on_wait) as project:
        book = read_codebook(project.codebook_path)
        material = material_of_project(project, book, include_machine=include_machine)
        transcripts = [project.store.transcript(one.id) for one in project.store.transcripts()]
        settings = read_settings(project.settings_path)
        material = with_what_lies_beside(material, transcripts, project.folder, settings)
        return material, panel_of_project(project, book)


def make_findings(
    material: Material,
    panel: Panel | None,
    options: Options,
    *,
    now: datetime,
    command: Sequence[str] = ("autocode", "report"),
    agreement_report: str = "",
    done: Callable[[str], None] = lambda _: None,
) -> Findings:
    """All parts; `done` hears of each. `agreement_report` is where the reliability report is, if anywhere."""
    work: dict[str, Any] = {**material.work, "command": tuple(command), "agreement_report": agreement_report}
    try:
        if panel is not None:
            work["agreement"] = agreement(
                panel, level=options.level, replicates=options.replicates, seed=options.seed, now=now
            )
    except AgreementError as error:
        work["agreement_because"] = str(error)
    material = replace(material, work=work)
    parts = []
    for make in PARTS:
        parts.append(make(material, options))
        done(parts[-1].section.title)
    return Findings(material, tuple(parts), now)


def write_findings(found: Findings, folder: Path) -> list[Path]:
    """The report's files in `folder`, all private: page, document, record, tables, figures.

    Tables and figures of an earlier report there that this one does not have go. Who is who is written into a
    file beside the folder, not in it. Raises `OutputError`.
    """
    figures = {f"{one.name}.svg": one for part in found.parts for one in part.figures}
    tables: Mapping[str, Sequence[Cells]] = {
        f"{name}.csv": rows for part in found.parts for name, rows in part.tables.items()
    }
    sections = found.sections
    earlier = _files_of(folder / RECORD)
    with private_folder(folder):
        with write_together(folder, [PAGE, RECORD, *tables, *figures]) as (page, record, *others):
            page.write(as_page(found.title, sections))
            told = {**found.record, "files": [*tables, *figures]}
            json.dump(told, record, ensure_ascii=False, indent=1, allow_nan=False)
            record.write("\n")
            for file, rows in zip(others, tables.values(), strict=False):
                write_rows(file, rows)
            for file, one in zip(others[len(tables) :], figures.values(), strict=True):
                file.write(own_svg(one.drawing, title=one.title, description=one.description, page=PAGE))
        save_document(as_document(found.title, sections, found.made_at), folder / DOCUMENT)
        _write_key(found.material, key_of(folder))
        for name in earlier - tables.keys() - figures.keys():
            (folder / name).unlink(missing_ok=True)
    return [folder / name for name in (PAGE, DOCUMENT, RECORD, *tables, *figures)]


def _files_of(record: Path) -> set[str]:
    """The tables and figures that a record names as those of its report; none where it cannot be read."""
    try:
        names = json.loads(record.read_text(encoding="utf-8"))["files"]
        return {name for name in names if re.fullmatch(r"[\w-]+\.(csv|svg)", name)}
    except (OSError, ValueError, LookupError, TypeError):
        return set()


def key_of(folder: Path) -> Path:
    """Where the file is that says who is who: beside the report's folder."""
    return folder.absolute().with_name(f"{folder.absolute().name}-key.csv")


def _write_key(material: Material, path: Path) -> None:
    rows: list[Cells] = [("number", "what", "name")]
    rows += [(who, "respondent", name) for who, names in material.key.items() for name in names]
    rows += [(one.number, "interview", one.transcript_id) for one in material.interviews]
    with write_private(path) as file:
        write_rows(file, rows)
