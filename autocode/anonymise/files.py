"""Anonymised copies as files, and the key apart from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from autocode.anonymise.names import Key, format_key
from autocode.anonymise.replace import anonymise
from autocode.codebook import Codebook
from autocode.codebook.yaml_format import write_yaml
from autocode.dataset import CodedDataset, is_person, is_whole, on_unfinished
from autocode.errors import AnonymiseError
from autocode.files import private_folder, write_private, write_together
from autocode.read.rows import find_table, read_rows
from autocode.records import Transcript, Turn

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore

KEY = "anonymous-key.yaml"  # by default, beside the project's own files
LISTS = ("names.csv", "names.yaml", "names.yml", "names.xlsx")
BLIND = ("blind", "saw_machine")  # columns of coverage: had the coder not seen, or seen, a suggestion?
DATASET = ("utterances.jsonl", "codes.jsonl", "coverage.jsonl", "codebook.yaml")


@dataclass(frozen=True, slots=True)
class Unit:
    """An utterance of a dataset, with what a copy of it may tell."""

    id: str
    transcript_id: str
    speaker: str
    role: str
    text: str
    codable: bool


@dataclass(frozen=True, slots=True)
class Coded:
    """What people coded: units in order, each coder's codes of the units that he or she has seen."""

    units: tuple[Unit, ...]
    by_coder: Mapping[str, Mapping[str, frozenset[str]]]
    codebook: Codebook
    blind: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)  # by coder and unit
    notes: tuple[str, ...] = ()  # what has to be said of what is not in it, one sentence each


def coded_dataset(dataset: CodedDataset) -> Coded:
    """A dataset that was read from a folder."""
    units = tuple(
        Unit(str(turn.unit_id), one.id, turn.speaker, turn.role, turn.text, turn.role == "respondent")
        for one in dataset.transcripts
        for turn in one.turns
    )
    path = find_table(dataset.folder, "coverage")
    rows = read_rows(path, required=("utterance_id", "coder")) if path else ()
    blind = {
        (str(row["coder"]).strip(), str(row["utterance_id"]).strip()): {
            column: row[column] for column in BLIND if row.get(column) not in (None, "")
        }
        for _, row in rows
    }
    return Coded(units, dataset.codings.by_coder, dataset.codebook, blind)


def coded_project(project: Project) -> Coded:
    """What the coders of a project have finished, as its codebook stands now.

    Of coders who mark nothing as finished, as after an import, what has a code. The same as a dataset that is
    exported.
    """
    from autocode.codebook import Succession, read_codebook
    from autocode.store import ReviewStore
    from autocode.store.review import SUCCESSION

    people, book = ReviewStore(project.store), read_codebook(project.codebook_path, allow_empty=True)
    succession = Succession(people.setting(SUCCESSION, {}))
    units, name_of = list[Unit](), dict[int, str]()
    for transcript_id in people.latest_codings():
        reading = people.reading(transcript_id)
        for key, one in zip(reading.keys, reading.utterances, strict=True):
            name_of[key] = one.id
            units.append(Unit(one.id, transcript_id, one.speaker, one.role, one.text, one.codable))
    by_coder: dict[str, dict[str, frozenset[str]]] = {}
    seen, blind = _were_blind(people), dict[tuple[str, str], Mapping[str, Any]]()
    everything = people.said(name_of)
    marking = {said.coder for said in everything if said.done}
    begun = set[int]()
    for said in everything:
        codes = succession.read(said.codes, book)
        applied = frozenset(code for code, applies in codes.items() if applies and code in book)
        if not is_whole(finished=said.done, applied=bool(applied), marks=said.coder in marking):
            begun |= {said.unit} if said.codes else set()
            continue
        by_coder.setdefault(said.coder, {})[name_of[said.unit]] = applied
        blind[said.coder, name_of[said.unit]] = {"blind": seen.get((said.coder, said.unit), False)}
    return Coded(
        tuple(units), by_coder, book, blind, tuple(on_unfinished(by_coder.keys() - marking, len(begun)))
    )


def _were_blind(people: ReviewStore) -> dict[tuple[str, int], bool]:
    """Whether each coder decided on a unit before a suggestion was seen."""
    found: dict[tuple[str, int], bool] = {}
    last = {(one.coder, one.unit, one.code): one.blind for one in people.decided()}
    for (coder, unit, _), blind in last.items():
        found[coder, unit] = found.get((coder, unit), True) and blind
    for account in people.accounts():
        marks = people.marks(account.key).items()
        found |= {(account.name, unit): mark.arm == "blind" for unit, mark in marks if mark.done}
    return found


def find_list(folder: Path) -> Path | None:
    """The list of names in a folder, if there is one."""
    return next((folder / name for name in LISTS if (folder / name).is_file()), None)


def check_places(out: Path, key_path: Path, *, originals: Sequence[Path], force: bool) -> None:
    """Raise `AnonymiseError` unless copies can go to `out`, the key lies apart, and no original is hurt."""
    folder, key_file = out.resolve(), key_path.resolve()
    if key_file.is_relative_to(folder):
        raise AnonymiseError(
            f"{key_path}: the key would lie among the copies; give it another place with --key"
        )
    for original in originals:
        place = original.resolve()
        if folder in (place, place.parent):
            raise AnonymiseError(f"{out}: holds originals; give the copies a folder of their own with --out")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise AnonymiseError(f"{out}: holds files already; --force writes over those of the same name")


def write_copies(
    transcripts: Sequence[Transcript], key: Key, out: Path, *, key_path: Path, coded: Coded | None = None
) -> list[str]:
    """Write the key (mode 0600), then an anonymised copy of each transcript, and of what was coded.

    The names of the files in `out`; they take their places together. Raises `OutputError`.
    """
    copies = {f"{key.interviews[one.id]}.txt": one for one in transcripts}
    names = [*copies, *(DATASET if coded else ())]
    with private_folder(key_path.parent), write_private(key_path) as file:
        file.write(format_key(key))
    with private_folder(out), write_together(out, names) as files:
        for file, transcript in zip(files, copies.values(), strict=False):
            file.write(copy_of(transcript, key))
        if coded is not None:
            _write_coded(coded, key, files[len(copies) :])
    return names


def copy_of(transcript: Transcript, key: Key) -> str:
    """A transcript as plain text that `autocode add` reads: a label, perhaps a time, and what was said."""
    turns = (_turn(turn, key.speakers[transcript.id, turn.speaker], key) for turn in transcript.turns)
    return "\n\n".join(turns) + "\n"


def _turn(turn: Turn, label: str, key: Key) -> str:
    said = " ".join(anonymise(turn.text, key).split())
    return f"{label}{_time(turn.start_s)}: {said}"


def _time(start_s: float | None) -> str:
    if start_s is None:
        return ""
    seconds = int(start_s)
    return f" ({seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d})"


def _write_coded(coded: Coded, key: Key, files: Sequence[TextIO]) -> None:
    utterances, codes, coverage, codebook = files
    new_id: dict[str, str] = {}
    n_of: dict[str, int] = {}
    for unit in coded.units:
        copy = key.interviews[unit.transcript_id]
        n_of[copy] = n_of.get(copy, 0) + 1
        new_id[unit.id] = f"{copy}:{n_of[copy]}"
        row = {
            "transcript_id": copy, "utterance_id": new_id[unit.id],
            "speaker": key.speakers[unit.transcript_id, unit.speaker], "role": unit.role,
            "text": anonymise(unit.text, key), "meta": {"codable": unit.codable},
        }  # fmt: skip
        _dump(row, utterances)
    order = {unit_id: place for place, unit_id in enumerate(new_id)}
    for coder, seen in coded.by_coder.items():
        label = key.coders[coder] if is_person(coder) else coder
        for unit_id in sorted(seen, key=order.__getitem__):
            about = coded.blind.get((coder, unit_id), {})
            _dump({"utterance_id": new_id[unit_id], "coder": label, **about}, coverage)
            for code in sorted(seen[unit_id]):
                _dump({"utterance_id": new_id[unit_id], "coder": label, "code": code}, codes)
    codebook.write(write_yaml(anonymous_codebook(coded.codebook, key)))


def anonymous_codebook(codebook: Codebook, key: Key) -> Codebook:
    """The codebook with anonymised words; ids of codes stay, because codings refer to them."""
    said = ("name", "definition", "include", "exclude", "cues", "examples", "counter_examples", "theory")
    codes = tuple(
        one.model_copy(update={field: _in(getattr(one, field), key) for field in said})
        for one in codebook.codes
    )
    about = {
        field: anonymise(getattr(codebook, field), key)
        for field in ("name", "title", "description", "source", "note")
    }
    return codebook.model_copy(update={**about, "codes": codes})


def _in(value: Any, key: Key) -> Any:
    return tuple(anonymise(one, key) for one in value) if isinstance(value, tuple) else anonymise(value, key)


def _dump(row: Mapping[str, Any], file: TextIO) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")
