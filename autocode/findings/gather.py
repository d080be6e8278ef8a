"""The material of a project, or of a coded dataset's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from autocode.attributes import attributes_of_cases, plain_attributes
from autocode.batch import uncoded_note
from autocode.classify.context import asked, question_text
from autocode.codebook import Codebook, Succession, read_codebook
from autocode.dataset import CONSENSUS, CodedDataset, is_machine, read_dataset
from autocode.findings.material import Interview, Material, Statement, Support, accepted
from autocode.findings.work import work_of_dataset, work_of_project
from autocode.read.rows import find_table
from autocode.records import Suggestion, Transcript, Turn, Utterance
from autocode.respondents import person, respondents_of

if TYPE_CHECKING:
    from autocode.store import OnWait, Project


@dataclass(slots=True)
class Said:
    """What was said of the utterances, by their ids."""

    agreed: dict[str, frozenset[str]] = field(default_factory=dict)
    finished: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    begun: dict[str, list[Mapping[str, bool]]] = field(default_factory=dict)
    suggested: dict[str, Mapping[str, float | None]] = field(default_factory=dict)  # scores, by code


@dataclass(frozen=True, slots=True)
class Told:
    """One transcript: its utterances in order, and what is known of it as a whole."""

    transcript_id: str
    language: str | None
    attributes: Mapping[str, str]
    utterances: Sequence[Utterance]


def material_of(
    folder: str | Path, *, include_machine: bool = False, on_wait: OnWait | None = None
) -> Material:
    """The material of the project that a folder belongs to, or of a coded dataset's folder.

    With `include_machine` what the machine suggests counts where nobody has decided anything. Raises
    `AutocodeError` where there is neither.
    """
    if is_dataset(folder := Path(folder)):
        return material_of_dataset(read_dataset(folder), include_machine=include_machine)
    from autocode.store import open_project

    with open_project(folder, on_wait=on_wait) as project:
        codebook = read_codebook(project.codebook_path)
        return material_of_project(project, codebook, include_machine=include_machine)


def is_dataset(folder: Path) -> bool:
    """Does a folder hold a coded dataset and no project?"""
    from autocode.store.project import SETTINGS

    return find_table(folder, "utterances") is not None and not (folder / SETTINGS).is_file()


def material_of_dataset(dataset: CodedDataset, *, include_machine: bool = False) -> Material:
    """The material of a coded dataset. A coder called "consensus" is what was agreed, one called "machine"
    (or "machine-" and something) is a machine; attributes are in the rows' `meta`, or in `cases.yaml`.
    """
    said = Said()
    for coder, coding in dataset.codings.by_coder.items():
        for unit, codes in coding.items():
            if coder == CONSENSUS:
                said.agreed[unit] = codes
            elif is_machine(coder):
                said.suggested[unit] = {**said.suggested.get(unit, {}), **dict.fromkeys(codes)}
            else:
                said.finished.setdefault(unit, []).append(codes)
    codable = dataset.codable
    cases = attributes_of_cases(dataset.folder, [one.id for one in dataset.transcripts])
    told = [
        Told(one.id, one.language, {**plain_attributes(one.meta), **cases.get(one.id, {})},
             _utterances(one, codable))
        for one in sorted(dataset.transcripts, key=lambda one: one.id)
    ]  # fmt: skip
    name = dataset.folder.resolve().name
    empty = Material(
        name, "dataset", dataset.codebook, (), (), (), include_machine, warnings=dataset.warnings
    )
    work = work_of_dataset(dataset)
    if include_machine:
        work["prevalence_withheld"] = "a coded dataset has no probabilities of a model; a project does"
    return replace(_gathered(empty, told, said), work=work)


def material_of_project(project: Project, codebook: Codebook, *, include_machine: bool = False) -> Material:
    """The material of a project: the utterances of its latest codings, and what people say of them now.

    What was said of a code that was merged counts for the code it went into. Attributes are what an import
    brought along with the transcripts, and `cases.yaml` in the project's folder.
    """
    from autocode.store import ReviewStore
    from autocode.store.review import SUCCESSION

    people = ReviewStore(project.store)
    succession = Succession(people.setting(SUCCESSION, {}))
    told, said, names = list[Told](), Said(), dict[int, str]()
    cases = attributes_of_cases(project.folder, [one.id for one in project.store.transcripts()])
    for transcript_id in sorted(people.latest_codings()):
        reading = people.reading(transcript_id)
        transcript = project.store.transcript(transcript_id)
        attributes = {**plain_attributes(transcript.meta), **cases.get(transcript_id, {})}
        told.append(Told(transcript_id, transcript.language, attributes, reading.utterances))
        names |= dict(zip(reading.keys, (one.id for one in reading.utterances), strict=True))
        for key, suggestions in reading.suggestions.items():
            said.suggested[names[key]] = _scores(suggestions)
    elsewhere = 0
    for one in people.said():
        if one.unit not in names:
            elsewhere += 1
            continue
        unit, codes = names[one.unit], succession.read(one.codes, codebook)
        applied = frozenset(code_id for code_id, applies in codes.items() if applies)
        if one.coder == CONSENSUS:
            if one.done:
                said.agreed[unit] = applied
        elif one.done:
            said.finished.setdefault(unit, []).append(applied)
        else:
            said.begun.setdefault(unit, []).append(codes)
    warnings = [*codebook.warnings]
    if note := uncoded_note(project, people.latest_codings()):
        warnings.append(note)
    if elsewhere:
        warnings.append(
            f"{elsewhere} codings are of utterances as they were cut before; they are left out "
            "until these are coded again"
        )
    if n := sum(one.applies for one in people.all_spans()):
        warnings.append(f"{n} codes on free stretches of text are not counted here; codes on statements are")
    empty = Material(
        project.folder.name, "project", codebook, (), (), (), include_machine, warnings=tuple(warnings)
    )
    found = _gathered(empty, told, said)
    work = work_of_project(project, people)
    if include_machine:
        from autocode.findings.corrected import corrected  # the learner takes seconds to load

        work |= corrected(project, people, found)
    return replace(found, work=work)


def _gathered(empty: Material, told: Sequence[Told], said: Said) -> Material:
    """The material with its interviews and statements."""
    codable = [one for part in told for one in part.utterances if one.codable]
    numbers = respondents_of(codable)
    names: dict[str, dict[str, None]] = {}
    for one in codable:
        names.setdefault(numbers[person(one)], {})[one.speaker] = None
    interviews, statements, n_split = list[Interview](), list[Statement](), 0
    for number, part in enumerate(told, 1):
        found, split = _statements(number, part, said, numbers, empty)
        n_split += split
        here = tuple(dict.fromkeys(one.respondent for one in found if one.respondent is not None))
        interviews.append(Interview(number, part.transcript_id, here, part.attributes, part.language))
        statements += found
    return replace(
        empty,
        interviews=tuple(interviews),
        statements=tuple(statements),
        respondents=tuple(dict.fromkeys(numbers.values())),
        n_split=n_split,
        key={who: tuple(all_names) for who, all_names in names.items()},
    )


def _statements(
    number: int, told: Told, said: Said, numbers: Mapping[tuple[str, str], str], empty: Material
) -> tuple[list[Statement], int]:
    """The statements of one interview, and on how many codes of them the coders are evenly split."""
    turns = _turns(told.utterances)
    answers = asked(tuple(turns.values()))
    questions = {turn: question_text(turns[turn].text) for turn in set(answers.values())}
    voices = _voices(told.utterances)
    found, n_split = [], 0
    for one in told.utterances:
        codes, split = _accepted(one.id, said, empty)
        n_split += split
        question = answers.get(one.turn_index)
        found.append(
            Statement(
                id=one.id,
                interview=number,
                index=one.index,
                turn=one.turn_index,
                role=one.role,
                respondent=numbers[person(one)] if one.codable else None,
                text=" ".join(one.text.split()),
                asked=question,
                question="" if question is None else questions[question],
                codes=codes,
                complete=one.id in said.agreed or one.id in said.finished,
                attributes={**told.attributes, **voices[one.speaker]},
            )
        )
    return found, n_split


def _accepted(unit: str, said: Said, empty: Material) -> tuple[dict[str, Support], int]:
    """The codes of an utterance: people's, or the machine's where no one has decided and it was asked for."""
    scores = said.suggested.get(unit, {})
    agreed, finished, begun = said.agreed.get(unit), said.finished.get(unit, ()), said.begun.get(unit, ())
    if agreed is not None or finished or begun or not empty.include_machine:
        codes, split = accepted(agreed, finished, begun, empty.codebook)
        return {id: replace(one, score=scores.get(id)) for id, one in codes.items()}, split
    machine, _ = accepted(scores, (), (), empty.codebook)
    return {id: Support("machine", score=scores.get(id)) for id in machine}, 0


def _utterances(transcript: Transcript, codable: frozenset[str]) -> tuple[Utterance, ...]:
    """The rows of a coded dataset as utterances; rows that follow each other by one speaker are one turn,
    where the rows do not say themselves which turn they are of.
    """
    known = [turn.meta.get("turn") for turn in transcript.turns]
    if not all(isinstance(number, int) for number in known):
        runs = groupby(transcript.turns, key=lambda turn: (turn.speaker, turn.role))
        known = [number for number, (_, run) in enumerate(runs) for _ in run]
    return tuple(
        Utterance(
            str(turn.unit_id), transcript.id, turn.index, int(number or 0), turn.speaker, turn.role,
            turn.text, turn.start_char, turn.end_char, turn.start_s, turn.end_s,
            codable=turn.unit_id in codable, meta=turn.meta,
        )
        for turn, number in zip(transcript.turns, known, strict=True)
    )  # fmt: skip


def _turns(utterances: Iterable[Utterance]) -> dict[int, Turn]:
    """The turns that utterances are of, by index."""
    runs = groupby(utterances, key=lambda one: one.turn_index)
    made = {}
    for index, run in runs:
        parts = list(run)
        text = " ".join(one.text.strip() for one in parts)
        made[index] = Turn(
            index, parts[0].speaker, parts[0].role, text, parts[0].start_char, parts[-1].end_char
        )
    return made


def _voices(utterances: Iterable[Utterance]) -> dict[str, dict[str, str]]:
    """What the rows' meta say of each speaker: only what is the same in all of his or her rows."""
    found: dict[str, dict[str, str]] = {}
    for one in utterances:
        here = plain_attributes(one.meta)
        if one.speaker in found:
            before = found[one.speaker]
            found[one.speaker] = {name: value for name, value in before.items() if here.get(name) == value}
        else:
            found[one.speaker] = here
    return found


def _scores(suggestions: Sequence[Suggestion]) -> dict[str, float | None]:
    return {one.code_id: one.score for one in suggestions if one.decision != "reject"}
