"""Another program's project by itself, without a project of ours to take it over: texts, codes, codings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autocode.codebook import Codebook
from autocode.errors import ReadError
from autocode.exchange.project_in import cases_of_sources, coder_names, merged_codebook, transcript_of
from autocode.exchange.project_out import MACHINE_GUID
from autocode.exchange.refi_read import Opened
from autocode.records import Transcript


@dataclass(frozen=True, slots=True)
class Coded:
    """A code that somebody gave to a stretch of a transcript; `coder` is None for the machine."""

    transcript_id: str
    coder: str | None
    start_char: int
    end_char: int
    code_id: str


@dataclass(frozen=True, slots=True)
class Alone:
    """What a file says, in our own records."""

    codebook: Codebook
    transcripts: tuple[Transcript, ...]
    codings: tuple[Coded, ...]
    n_whole: int  # codings of whole documents, which are no stretches
    warnings: tuple[str, ...]


def standing_alone(opened: Opened) -> Alone:
    """The texts, codes and codings of a project that was read."""
    warnings = list(opened.warnings)
    book, ids = merged_codebook(Codebook(name=opened.path.stem or "codes"), opened.project, set(), warnings)
    names = coder_names(opened.project, warnings)
    found: dict[tuple[str, str], Transcript] = {}  # by text and name: what has both alike is one transcript
    cases = cases_of_sources(opened.project)
    codings: list[Coded] = []
    n_whole = 0
    for source in opened.project.sources:
        if source.text is None:
            continue
        if (key := (source.text, source.name)) not in found:
            try:
                taken = {one.id for one in found.values()}
                found[key] = transcript_of(opened, source, taken, cases.get(source.guid, ()))
            except ReadError:
                warnings.append(f"nobody says anything in '{source.name}'; it is left out")
                continue
        id = found[key].id
        n_whole += len(source.codings)
        codings += [
            Coded(id, _name(names, coding.user), one.start_char, one.end_char, ids[coding.code])
            for one in source.selections
            for coding in one.codings
            if coding.code in ids
        ]
    return Alone(book, tuple(found.values()), tuple(codings), n_whole, tuple(warnings))


def _name(names: Mapping[str | None, str], user: str | None) -> str | None:
    return None if user == MACHINE_GUID else names[user]
