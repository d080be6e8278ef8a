"""A coded dataset: `utterances`, `codes`, `coverage` and `codebook`, one folder.

Who looked at what is part of the data: seen and left uncoded is a zero, not seen is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.codebook import Codebook, read_codebook
from autocode.errors import CodebookError, LearnError, ReadError
from autocode.read import read_transcripts
from autocode.read.rows import SUFFIXES, find_table, read_rows
from autocode.records import Transcript, Turn, Utterance

_CODEBOOKS = tuple(f"codebook.{suffix}" for suffix in ("yaml", "yml", "json", "qdc", "csv", "txt"))
CODEBOOKS = (*_CODEBOOKS, *(f"{name}.gz" for name in _CODEBOOKS))


CONSENSUS = "consensus"  # the coder in whose name agreed codes are kept
MACHINE = "machine"
SUGGESTIONS = "autocode (suggestions)"  # the machine's name in what is exported
ASSUMED_COVERAGE = (
    "every coder is taken to have seen all codable utterances of each transcript in which he or she "
    "coded something"
)


@dataclass(frozen=True, slots=True)
class Codings:
    """What each coder applied to each unit that was looked at; an empty set: nothing applies."""

    by_coder: Mapping[str, Mapping[str, frozenset[str]]]
    warnings: tuple[str, ...] = ()

    @property
    def units(self) -> set[str]:
        """Ids of the utterances that somebody looked at."""
        return set().union(*self.by_coder.values()) if self.by_coder else set()

    @property
    def machines(self) -> tuple[str, ...]:
        """Coders that are machines, by their names."""
        return tuple(filter(is_machine, self.by_coder))

    def of_people(self) -> Codings:
        """Those that are not by machines. Raises `LearnError` where there are none."""
        if not (machines := self.machines):
            return self
        people = {name: seen for name, seen in self.by_coder.items() if name not in machines}
        if not any(people.values()):
            raise LearnError(f"all codes are by machines ({', '.join(machines)}); human codes are needed")
        told = f"left out, being machines by their names: {', '.join(machines)}"
        return Codings(people, (*self.warnings, told))

    def to_learn_from(self) -> Codings:
        """Those of people; where they agreed on a unit, what they agreed on and nothing else."""
        people = self.of_people()
        agreed = people.by_coder.get(CONSENSUS, {})
        return replace(
            people,
            by_coder={
                name: {unit: codes for unit, codes in seen.items() if name == CONSENSUS or unit not in agreed}
                for name, seen in people.by_coder.items()
            },
        )


@dataclass(frozen=True, slots=True)
class CodedDataset:
    """Transcripts with the codings of one or more people."""

    folder: Path
    transcripts: tuple[Transcript, ...]
    codebook: Codebook
    codings: Codings
    warnings: tuple[str, ...] = ()

    @property
    def unit_ids(self) -> list[str]:
        """Ids of all utterances, transcript by transcript."""
        return [str(turn.unit_id) for one in self.transcripts for turn in one.turns]

    @property
    def codable(self) -> frozenset[str]:
        """Ids of the utterances that can be coded: those in the roles in which somebody looked at one."""
        seen, turns = self.codings.units, [turn for one in self.transcripts for turn in one.turns]
        roles = {turn.role for turn in turns if turn.unit_id in seen}
        return frozenset(
            str(turn.unit_id)
            for turn in turns
            if turn.role in roles and (turn.unit_id in seen or turn.meta.get("codable", True))
        )


def read_dataset(folder: str | Path) -> CodedDataset:
    """The coded dataset in a folder. Raises `AutocodeError` with the file and the line."""
    folder = Path(folder)
    if not folder.is_dir():
        raise LearnError(f"{folder}: no such folder; a coded dataset is a folder with utterances.jsonl, "
                         "codes.jsonl and codebook.json")  # fmt: skip
    utterances, codes = _table(folder, "utterances"), _table(folder, "codes")
    book = next((folder / name for name in CODEBOOKS if (folder / name).is_file()), None)
    if book is None:
        raise LearnError(f"{folder}: no codebook in this folder (one of {', '.join(_CODEBOOKS)})")
    codebook = read_codebook(book)
    transcripts = tuple(read_transcripts(utterances))
    codings = read_codings(
        codes, find_table(folder, "coverage"), codebook=codebook, units=Units.of_turns(transcripts)
    )
    warnings = [*codebook.warnings, *(w for one in transcripts for w in one.warnings), *codings.warnings]
    return CodedDataset(folder, transcripts, codebook, codings, tuple(dict.fromkeys(warnings)))


def _table(folder: Path, name: str) -> Path:
    found = find_table(folder, name)
    if found is None:
        raise LearnError(
            f"{folder}: no {name} table in this folder ({name}{SUFFIXES[0]}, also .csv, .parquet, .gz)"
        )
    return found


def read_codings(codes: Path, coverage: Path | None, *, codebook: Codebook, units: Units) -> Codings:
    """Human codings of `units`: `codes` {utterance_id, coder, code}, `coverage`
    {utterance_id, coder}. A code whose `value`, if it has one, is 0 was looked at and does not apply.

    Without `coverage` every coder who appears for a transcript is taken to have seen all of it that is
    said in the roles that are coded. Raises `LearnError` for units and codes that are not there, a code
    of a unit that its coder has not seen, a code that a coder both gives and denies, and two codes of one
    exclusive group.
    """
    applied: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    first_line: dict[tuple[str, str], int] = {}
    said: dict[tuple[str, str, str], tuple[bool, int]] = {}
    n_repeated, n_dropped = 0, 0
    for line, row in read_rows(codes, required=("utterance_id", "coder", "code")):
        unit, coder, where = (
            str(row["utterance_id"]).strip(),
            str(row["coder"]).strip(),
            f"{codes}, line {line}",
        )
        if unit in units.dropped:
            n_dropped += 1
            continue
        units.check(unit, where)
        code, applies = _resolve(codebook, str(row["code"]), where), _applies(row.get("value"), where)
        before, first = said.setdefault((coder, unit, code), (applies, line))
        if before is not applies:
            raise LearnError(
                f"{where}: '{coder}' gives utterance '{unit}' the code '{code}' in one line and denies it in "
                f"another, line {first}"
            )
        n_repeated += first != line
        first_line.setdefault((coder, unit), line)
        given = applied[coder][unit]
        if applies:
            given.add(code)
        if both := codebook.excluded(given):
            raise LearnError(
                f"{where}: '{coder}' gives utterance '{unit}' both '{both[0]}' and '{both[1]}', "
                "which exclude each other"
            )
    if not any(applies for applies, _ in said.values()):
        raise LearnError(f"{codes}: no codes in this file, so there is nothing to learn from")
    warnings = [f"{codes}: {n_repeated} repeated lines count once"] if n_repeated else []
    if n_dropped:
        warnings.append(f"{codes}: {n_dropped} codes are of rows without text, which were dropped")
    if coverage is None:
        seen = units.assumed_coverage(applied)
        warnings.append(f"{codes.parent}: no coverage file; {ASSUMED_COVERAGE}")
    else:
        seen = _read_coverage(coverage, units)
        for (coder, unit), line in first_line.items():
            if unit not in seen.get(coder, ()):
                who = "is not in" if coder not in seen else f"has not seen '{unit}' by"
                raise LearnError(
                    f"{codes}, line {line}: the coder '{coder}' {who} {coverage.name}; "
                    "add a row for each utterance that a coder looked at"
                )
    by_coder = {
        coder: {unit: frozenset(applied.get(coder, {}).get(unit, ())) for unit in seen[coder]}
        for coder in sorted(seen)
    }
    return Codings(by_coder, tuple(warnings))


def _applies(value: object, where: str) -> bool:
    """Does the code of a row apply? It does where nothing else is said."""
    text = "" if value is None else str(value).strip().casefold()
    if text not in ("", "1", "1.0", "true", "0", "0.0", "false"):
        raise LearnError(f"{where}: the value is '{value}'; write 1 (it applies) or 0 (it does not)")
    return text not in ("0", "0.0", "false")


def _read_coverage(path: Path, units: Units) -> dict[str, list[str]]:
    seen: dict[str, dict[str, None]] = defaultdict(dict)
    for line, row in read_rows(path, required=("utterance_id", "coder")):
        unit = str(row["utterance_id"]).strip()
        if unit not in units.dropped:
            units.check(unit, f"{path}, line {line}")
            seen[str(row["coder"]).strip()][unit] = None
    return {coder: list(found) for coder, found in seen.items()}


def _resolve(codebook: Codebook, code: str, where: str) -> str:
    try:
        return codebook.resolve(code)
    except CodebookError as error:
        raise LearnError(
            f"{where}: {error}; the codes may come from another version of the codebook"
        ) from None


def is_machine(name: str) -> bool:
    """Is a coder of this name a machine, as far as the name tells?"""
    low = name.casefold()
    names = (MACHINE, SUGGESTIONS)
    return low in names or low.startswith((f"{MACHINE}-", f"{MACHINE}_", f"{MACHINE} ", f"{MACHINE}:"))


def is_person(name: str) -> bool:
    """Is a coder of this name somebody, neither a machine nor what people agreed on?"""
    return name != CONSENSUS and not is_machine(name)


def is_whole(*, finished: bool, applied: bool, marks: bool) -> bool:
    """Whether a coder has said all that there is to say of a statement, so that the rest does not apply.

    `finished`: it is marked so; `applied`: it has a code of the coder's. Who `marks` nothing at all as
    finished, as after an import, is taken to have finished what has a code.
    """
    return finished or (applied and not marks)


def on_unfinished(never: Iterable[str], n_begun: int) -> list[str]:
    """What has to be said where only whole answers are written, one sentence each.

    `never`: coders who mark nothing as finished; `n_begun`: statements on which an answer is left out.
    """
    found = []
    if names := sorted(never):
        found.append(
            f"no statement is marked as finished by {', '.join(names)}, as after an import from another "
            "tool: those with a code count as looked at, all others as not seen"
        )
    if n_begun:
        found.append(
            f"what coders have begun and not finished, on {n_begun:,} statement{'s' if n_begun > 1 else ''}, "
            "is left out, because all other codes would count as not applying; 'export --to matrix' has it"
        )
    return found


def is_silent(turn: Turn) -> bool:
    """Is it a respondent's "Mm-hm.", which its file marks as not to be coded, as it does others' turns?"""
    return turn.role == "respondent" and not turn.meta.get("codable", True)


class Units:
    """The units of some transcripts, by id: where each stands and in which role it was said."""

    def __init__(
        self, place: Mapping[str, tuple[str, str]], dropped: Iterable[str] = (), silent: Iterable[str] = ()
    ) -> None:
        self._place = place  # unit: its transcript and its role
        self.dropped = frozenset(dropped)  # rows without text
        self._silent = frozenset(silent)  # of respondents, and not codable: "Mm-hm."

    @classmethod
    def of_turns(cls, transcripts: Iterable[Transcript]) -> Units:
        """The units that tidy files bring along. Raises `ReadError` where there are none."""
        place, dropped, silent = dict[str, tuple[str, str]](), list[str](), list[str]()
        for transcript in transcripts:
            dropped += transcript.meta.get("dropped_units", ())
            for turn in transcript.turns:
                if turn.unit_id is None:
                    raise ReadError(f"{transcript.source or transcript.id}: has no utterance_id column")
                place[turn.unit_id] = transcript.id, turn.role
                if is_silent(turn):
                    silent.append(turn.unit_id)
        return cls(place, dropped, silent)

    @classmethod
    def of_utterances(cls, utterances: Sequence[Utterance], dropped: Iterable[str] = ()) -> Units:
        """The units that transcripts were cut into."""
        place = {one.id: (one.transcript_id, one.role) for one in utterances}
        silent = [one.id for one in utterances if one.role == "respondent" and not one.codable]
        return cls(place, dropped, silent)

    def check(self, unit: str, where: str) -> None:
        """Raise `LearnError` for a unit that is in none of the transcripts."""
        if unit not in self._place:
            raise LearnError(f"{where}: there is no utterance '{unit}' in the transcripts")

    def assumed_coverage(self, applied: Mapping[str, Mapping[str, object]]) -> dict[str, list[str]]:
        """All codable units of the coded roles in the transcripts in which a coder coded something."""
        roles = {self._place[unit][1] for units in applied.values() for unit in units}
        touched = {coder: {self._place[unit][0] for unit in units} for coder, units in applied.items()}
        return {
            coder: [
                unit
                for unit, (where, role) in self._place.items()
                if where in places and role in roles and (unit not in self._silent or unit in applied[coder])
            ]
            for coder, places in touched.items()
        }
