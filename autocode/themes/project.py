"""Themes in a project: its codings, what was decided on earlier themes, and a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from autocode.attributes import attributes_of_cases, plain_attributes
from autocode.batch import project_coder, project_codings
from autocode.codebook import Codebook, Succession
from autocode.errors import AutocodeError, ThemesError, TooFewError
from autocode.pipeline import CodedTranscript, Coder
from autocode.records import Transcript
from autocode.themes.decided import matched, verdict_of, with_verdicts
from autocode.themes.files import write_themes
from autocode.themes.find import Found, find_themes
from autocode.themes.groups import by_group
from autocode.themes.nameless import without_names
from autocode.training import labels_of_project, usable_model

if TYPE_CHECKING:
    from autocode.store import Project

FOLDER = "themes"  # in a project
N_RUNS = 5


def codings_of(
    project: Project, *, warn: Callable[[str], None] = lambda _: None
) -> tuple[Coder, list[CodedTranscript]]:
    """The project's coder and what it has coded. Raises `ThemesError` if that is nothing.

    `warn` hears a sentence if some transcripts are not coded.
    """
    coder = project_coder(project, with_model=False)
    model, problem = usable_model(project.model_path, coder)
    if model is not None:
        coder.use(model)
    elif problem:
        warn(problem)
    codings = list(project_codings(project, coder))
    n_transcripts = len(project.store.transcripts())
    if not codings:
        raise ThemesError(
            f"{project.folder}: nothing is coded with the present settings; run 'autocode code' first"
        )
    if len(codings) < n_transcripts:
        warn(
            f"{n_transcripts - len(codings)} of {n_transcripts} transcripts not coded with the present "
            "settings and left out; 'autocode code' codes what is new"
        )
    return coder, codings


def with_decisions(
    found: Found, project: Project, codings: Sequence[CodedTranscript], codebook: Codebook
) -> Found:
    """The themes, marked with what was decided on them in the project when they were found before."""
    from autocode.store import ReviewStore
    from autocode.store.review import SUCCESSION

    people = ReviewStore(project.store)
    merged: Mapping[str, str] = people.setting(SUCCESSION, {})
    succession = Succession({old: new for old, new in merged.items() if old not in codebook})
    members: dict[int, list[str]] = {}
    for unit, theme in found.placed.items():
        members.setdefault(theme, []).append(unit)
    place = {one.id: coding.transcript_id for coding in codings for one in coding.codable}
    decisions = matched(people.theme_decisions(), members, place)
    verdicts = {theme: verdict_of(one, codebook, succession) for theme, one in decisions.items()}
    return replace(found, themes=with_verdicts(found.themes, verdicts))


def shown(found: Found, project: Project, codings: Sequence[CodedTranscript], codebook: Codebook) -> Found:
    """The themes as they are written: with what was decided, by case and wave, and without names."""
    decided = with_decisions(found, project, codings, codebook)
    transcripts = [project.store.transcript(one.transcript_id) for one in codings]
    cases = attributes_of_cases(project.folder, [one.id for one in project.store.transcripts()])
    return told(decided, codings, transcripts, cases=cases, folder=project.folder)


def told(
    found: Found, codings: Sequence[CodedTranscript], transcripts: Sequence[Transcript], *,
    cases: Mapping[str, Mapping[str, str]], folder: Path | None = None,
) -> Found:  # fmt: skip
    """The themes by what `cases` and the transcripts say of each interview, and without names."""
    known = {one.id: {**plain_attributes(one.meta), **cases.get(one.id, {})} for one in transcripts}
    language = found.facts["settings"]["segment"]["language"]
    return without_names(
        by_group(found, codings, known), codings, transcripts, folder=folder, language=language
    )


def work(folder: Path, detail: str, tell: Connection) -> None:
    """Find the project's themes and write them: for a process of its own.

    Tells True for each step, of twice `N_RUNS`, and in the end a sentence: empty if all went well.
    """
    from autocode.store import open_project

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
    if hasattr(os, "nice"):
        os.nice(5)  # whoever reads and decides meanwhile goes first
    try:
        with open_project(folder) as project:
            coder, codings = codings_of(project)
            people, done = labels_of_project(project, coder.codebook), lambda: tell.send(True)
            found = find_themes(coder, codings, detail=detail, n_runs=N_RUNS, people=people, done=done)
            write_themes(shown(found, project, codings, coder.codebook), folder / FOLDER)
    except BrokenPipeError:  # the server was killed: nobody waits for this
        return
    except TooFewError as error:
        tell.send(f"{error}; 'autocode themes' in the terminal shows each beside the nearest other one")
    except AutocodeError as error:
        tell.send(str(error))
    except BaseException:
        tell.send("autocode met an error of its own; the terminal in which it runs says more")
        raise
    else:
        tell.send("")
