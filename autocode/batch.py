"""Many transcripts at once: files into tables, and projects into their database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode import __version__
from autocode.codebook import read_codebook
from autocode.config import read_settings, suggest
from autocode.digests import digest
from autocode.errors import GuideError, ReadError, StoreError
from autocode.files import OutputError
from autocode.guide import read_guide
from autocode.pipeline import CodedTranscript, Coder
from autocode.read.rows import find_table
from autocode.records import Role, Suggestion, Transcript
from autocode.textfile import read_text
from autocode.write import FILES, RUN, coding_files

if TYPE_CHECKING:
    from autocode.store import Project, TranscriptSummary

BY_OPTION = "correct a role with --speaker 'NAME=respondent'"
BY_SETTING = 'correct a role with "NAME" = "respondent" under [speakers] in the project\'s autocode.toml'


def code_to_files(
    transcripts: Sequence[Transcript],
    coder: Coder,
    folder: Path,
    *,
    all_scores: bool = False,
    learnt_from: Sequence[Mapping[str, str]] = (),
    done: Callable[[CodedTranscript], None] = lambda _: None,
    on_skip: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Code transcripts into `suggestions.jsonl`, `suggestions.csv`, `utterances.jsonl` and `run.json`.

    `done` hears of each transcript when it is coded, `on_skip` a sentence on each in which no
    respondent speaks. Nothing is written unless all others are coded. Returns what `run.json`
    holds. Raises `ReadError` if there is nothing to code at all.
    """
    transcripts = with_respondents(transcripts, BY_OPTION, on_skip)
    counts = Counter[str]()
    columns = coder.codebook.ids if all_scores else ()
    with coding_files(folder, score_columns=columns, ancestors=coder.codebook.ancestors) as files:
        for transcript in transcripts:
            coded = coder.code(transcript, all_scores=all_scores)
            files.add(coded.utterances, coded.suggestions, coder.questions(transcript))
            counts.update(count(coded))
            done(coded)
        run = {
            **coder.describe(),
            "all_scores": all_scores,
            "learnt_from": list(learnt_from),
            "inputs": inputs(transcripts),
            "counts": dict(counts),
            "timings": {**coder.stopwatch.rounded(), "total": coder.stopwatch.total},
        }
        files.finish(run)
    return run


def check_place(folder: Path) -> None:
    """Raise `OutputError` where the files of a coding would replace what is none of an earlier coding's.

    Beside human codes nothing is replaced at all: they are of the utterances that lie there.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file, and --out is a folder")
    taken = [find_table(folder, name) for name in ("codes", "coverage")]
    if not _is_of_coding(folder / RUN):
        taken += [
            find_table(folder, "utterances"),
            *(path for name in FILES if (path := folder / name).is_file()),
        ]
    for path in filter(None, taken):
        raise OutputError(
            f"{folder}: {path.name} is there already, and of no coding; choose another folder with --out"
        )


def _is_of_coding(path: Path) -> bool:
    """Is it the `run.json` of a coding?"""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(told, dict) and {"autocode", "run_key"} <= set(told)


def inputs(transcripts: Iterable[Transcript | TranscriptSummary]) -> list[dict[str, Any]]:
    """What `run.json` says of the files that were coded."""
    return [
        {
            "transcript_id": t.id,
            "source": t.source,
            "format": t.format,
            "sha256": t.sha256,
            "speakers": dict(t.speakers),
        }
        for t in transcripts
    ]


def count(coded: CodedTranscript) -> Counter[str]:
    """How much of everything one transcript gave."""
    suggested = [item for found in coded.suggestions.values() for item in found if item.decision != "reject"]
    return Counter(
        transcripts=1,
        utterances=len(coded.utterances),
        codable=len(coded.codable),
        suggestions=len(suggested),
        utterances_with_suggestions=len({item.utterance_id for item in suggested}),
    )


def without_respondent(
    transcript: Transcript, remedy: str = BY_OPTION, *, name: str | None = None
) -> str | None:
    """If no respondent says anything in the transcript, called `name`: a sentence that ends in `remedy`."""
    if any(turn.role == "respondent" for turn in transcript.turns):
        return None
    speakers = ", ".join(f"{name} ({role})" for name, role in transcript.speakers.items())
    return (
        f"{name or transcript.source or transcript.id}: no respondent speaks, so there is nothing to code; "
        f"speakers: {speakers}; {remedy}"
    )


def with_respondents(
    transcripts: Iterable[Transcript], remedy: str, on_skip: Callable[[str], None]
) -> list[Transcript]:
    """The transcripts that have somebody to code; raises `ReadError` with the first reason if none has."""
    found = [(transcript, without_respondent(transcript, remedy)) for transcript in transcripts]
    kept = [transcript for transcript, problem in found if problem is None]
    problems = [problem for _, problem in found if problem is not None]
    if problems and not kept:
        more = len(problems) - 1
        raise ReadError(problems[0] + (f" (and {more} more like it)" if more else ""))
    for problem in problems:
        on_skip(f"{problem}; it was left out")
    return kept


def uncoded_note(project: Project, coded: Collection[str]) -> str | None:
    """A sentence where transcripts with somebody to code are not among the `coded` ones."""
    there = [one for one in project.store.transcripts() if "respondent" in one.speakers.values()]
    n = sum(one.id not in coded for one in there)
    if not n:
        return None
    are = "is" if n == 1 else "are"
    return (
        f"{n} of {len(there)} transcripts {are} not coded yet and left out; 'autocode code' codes what is new"
    )


def code_project(
    project: Project,
    coder: Coder,
    *,
    on_wait: Callable[[str], None] | None = None,
    on_skip: Callable[[str], None] = lambda _: None,
    done: Callable[[str], None] = lambda _: None,
    turn: AbstractContextManager[object] | None = None,
) -> dict[str, int]:
    """Code the project's transcripts that are not coded yet with these settings; returns what this run did.

    Each transcript is saved whole or not at all, so a run that was killed goes on where it
    stopped. `done` hears of each transcript's id, those of earlier runs included; `on_skip` a
    sentence on each in which no respondent speaks, and on each name in the settings that nobody has.
    `turn`, a lock, is held while a transcript is coded, where others use the same coder.
    Raises `ReadError` before anything is coded if no transcript has a respondent.
    """
    store, counts = project.store, Counter[str](coded_now=0, coded_before=0)
    with project.lock(on_wait=on_wait):
        set_roles(project, coder.settings.speakers, on_unknown=on_skip)
        finished = store.done(coder.run_key)
        ids = codable_ids(project, on_skip=on_skip)
        with _run(project, coder, counts) as save:
            for transcript_id in ids:
                if transcript_id in finished:
                    counts["coded_before"] += 1
                else:
                    with turn or nullcontext():
                        coded = coder.code(store.transcript(transcript_id))
                    save(coded)
                    counts.update(count(coded))
                    counts["coded_now"] += 1
                done(transcript_id)
    return dict(counts)


def codable_ids(project: Project, *, on_skip: Callable[[str], None] = lambda _: None) -> list[str]:
    """Ids of transcripts in which a respondent speaks; raises `ReadError` if there are only others."""
    summaries = project.store.transcripts()
    doubtful = [one.id for one in summaries if "respondent" not in one.speakers.values()]
    problems = {i: without_respondent(project.store.transcript(i), BY_SETTING) for i in doubtful}
    left_out = {i: problem for i, problem in problems.items() if problem is not None}
    if left_out and len(left_out) == len(summaries):
        raise ReadError(next(iter(left_out.values())))
    for problem in left_out.values():
        on_skip(f"{problem}; it was left out")
    return [one.id for one in summaries if one.id not in left_out]


@contextmanager
def _run(
    project: Project, coder: Coder, counts: Mapping[str, int]
) -> Iterator[Callable[[CodedTranscript], None]]:
    """A run in the database, and what saves a transcript's coding in it."""
    from autocode.store import Coding, RunInfo

    store, key = project.store, coder.run_key
    segmentation = digest(coder.settings.segment.model_dump(mode="json"))
    store.add_codebook(coder.codebook.digest, coder.codebook.model_dump_json())
    run_id = store.begin_run(
        RunInfo(
            run_key=key,
            version=__version__,
            codebook_digest=coder.codebook.digest,
            guide_digest=coder.guide.digest if coder.guide else "",
            encoder_digest=coder.embedder.digest,
            segmentation=segmentation,
            seed=coder.settings.seed,
            settings=coder.settings.model_dump(mode="json"),
        )
    )

    def save(coded: CodedTranscript) -> None:
        found = tuple(item for items in coded.suggestions.values() for item in items)
        coding = Coding(coded.utterances, found, coded.scores, coded.code_ids)
        store.save_coding(key, coded.transcript_id, coding, segmentation=segmentation, run_id=run_id)

    try:
        yield save
    except BaseException as error:
        with suppress(StoreError):  # a full disk, say: the first error is the one to tell
            store.fail_run(run_id, type(error).__name__)
        raise
    store.finish_run(run_id, counts=dict(counts), timings=coder.stopwatch.rounded())


def set_roles(
    project: Project, speakers: Mapping[str, Role], *, on_unknown: Callable[[str], None] = lambda _: None
) -> None:
    """Give the speakers that the settings name their roles in all transcripts, also in earlier ones.

    `on_unknown` hears a sentence on each name that nobody has.
    """
    summaries = project.store.transcripts()
    changes = {pair for one in summaries for pair in role_changes(one.speakers, speakers).items()}
    for name, role in sorted(changes):
        project.store.set_role(None, name, role)
    tell_unknown(speakers, [name for one in summaries for name in one.speakers], on_unknown)


def role_changes(speakers: Mapping[str, Role], given: Mapping[str, Role]) -> dict[str, Role]:
    """Those of a transcript's `speakers` whose role is another one in `given`, with that role."""
    wanted = {same_name(name): role for name, role in given.items()}
    return {
        name: wanted[same_name(name)]
        for name, role in speakers.items()
        if wanted.get(same_name(name), role) != role
    }


def tell_unknown(given: Iterable[str], present: Iterable[str], tell: Callable[[str], None]) -> None:
    """Tell a sentence on each name in the settings that is nobody's in the transcripts."""
    known = {same_name(name): name for name in sorted(present)}
    for name in given:
        if same_name(name) not in known:
            near = suggest(name, list(known.values()))
            tell(f"[speakers]: nobody in these transcripts is called '{name}'{near}")


def same_name(name: str) -> str:
    """A speaker's name for comparing: upper and lower case and spacing do not matter."""
    return " ".join(name.split()).casefold()


def project_codings(project: Project, coder: Coder, *, all_scores: bool = False) -> Iterator[CodedTranscript]:
    """What the project holds of this coder's codings, one transcript after another, by id.

    With `all_scores` every code is listed; only suggested codes were stored with their evidence, so the
    transcripts are then explained anew (their embeddings come from the cache).
    """
    store, key = project.store, coder.run_key
    if all_scores:
        yield from (coder.code(store.transcript(i), all_scores=True) for i in sorted(store.done(key)))
        return
    for transcript_id in sorted(store.done(key)):
        coding = store.coding(key, transcript_id)
        by_utterance: dict[str, list[Suggestion]] = {}
        for suggestion in coding.suggestions:
            by_utterance.setdefault(suggestion.utterance_id, []).append(suggestion)
        suggestions = {utterance_id: tuple(found) for utterance_id, found in by_utterance.items()}
        yield CodedTranscript(transcript_id, coding.utterances, coding.code_ids, coding.scores, suggestions)


def write_project(project: Project, coder: Coder, folder: Path, *, all_scores: bool = False) -> None:
    """Write all that the project holds of this coder's codings, as `code_to_files` would have."""
    counts, coded_ids = Counter[str](), project.store.done(coder.run_key)
    columns = coder.codebook.ids if all_scores else ()
    with coding_files(folder, score_columns=columns, ancestors=coder.codebook.ancestors) as files:
        for coded in project_codings(project, coder, all_scores=all_scores):
            asked = coder.questions(project.store.transcript(coded.transcript_id)) if coder.guide else {}
            files.add(coded.utterances, coded.suggestions, asked)
            counts.update(count(coded))
        run = project.store.latest_run(status="finished")
        files.finish(
            {
                **coder.describe(),
                "all_scores": all_scores,
                "inputs": inputs(one for one in project.store.transcripts() if one.id in coded_ids),
                "counts": dict(counts),
                "timings": dict(run.timings) if run else {},
            }
        )


def project_coder(project: Project, *, with_model: bool = True) -> Coder:
    """The coder that a project's own files describe, with its trained model if it has one.

    A guide file of comments alone is no guide. Raises `LearnError` for a model of another codebook.
    """
    settings = read_settings(project.settings_path)
    guide = read_guide(project.guide_path) if has_content(project.guide_path) else None
    model = project.model_path if with_model and project.model_path.exists() else None
    return Coder(read_codebook(project.codebook_path), guide=guide, settings=settings, model=model)


def has_content(path: Path) -> bool:
    """Is there a line in the file that is neither empty nor a comment?"""
    if not path.exists():
        return False
    lines = read_text(path, error=GuideError).splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)
