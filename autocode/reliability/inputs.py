"""Panels from coded datasets and from projects, our own and those of other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autocode.batch import uncoded_note
from autocode.codebook import Codebook, Succession
from autocode.dataset import CODEBOOKS, CONSENSUS, MACHINE, CodedDataset, is_person, is_silent, read_dataset
from autocode.errors import AgreementError
from autocode.exchange import is_foreign_project
from autocode.read.rows import find_table, read_rows
from autocode.reliability.columns import Extra, sha256
from autocode.reliability.foreign import panel_of_foreign
from autocode.reliability.panel import (
    Blindness,
    Panel,
    Span,
    Spans,
    Step,
    Unit,
    blindness_by_coder,
)
from autocode.reliability.record import counted
from autocode.reliability.spreadsheet import panel_of_table
from autocode.write import review_link

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore


def read_panel(source: str | Path, *, codebook: str | Path | None = None) -> Panel:
    """The panel of a coded dataset's folder, of a table (CSV, XLSX), or of another program's project.

    Raises `AutocodeError`.
    """
    place = Path(source)
    if is_foreign_project(place):
        if codebook is not None:
            raise AgreementError("--codebook: this project has its own codebook; leave it out")
        return panel_of_foreign(place)
    if place.is_dir():
        if codebook is not None:
            raise AgreementError(
                "--codebook: a coded dataset has its own codebook in its folder; leave it out"
            )
        return panel_of_dataset(read_dataset(place))
    return panel_of_table(place, codebook=codebook)


def panel_of_dataset(dataset: CodedDataset) -> Panel:
    """The codings of a coded dataset. Its coverage may have the columns `round`, `coded_at` and `blind`."""
    seen = dataset.codings.units
    turns = [(one.id, turn) for one in dataset.transcripts for turn in one.turns]
    roles = {turn.role for _, turn in turns if turn.unit_id in seen}
    units = {
        str(turn.unit_id): Unit(str(turn.unit_id), place, turn.text.strip())
        for place, turn in turns
        if turn.unit_id in seen or (turn.role in roles and not is_silent(turn))
    }
    coverage = find_table(dataset.folder, "coverage")
    extra = Extra()
    if coverage is not None:
        for line, row in read_rows(coverage, required=("utterance_id", "coder")):
            extra.add(
                str(row["coder"]).strip(), str(row["utterance_id"]).strip(), row, f"{coverage}, line {line}"
            )
    codings = {
        coder: {unit: codes for unit, codes in coding.items() if unit in units}
        for coder, coding in dataset.codings.by_coder.items()
    }
    people = {name: coding for name, coding in codings.items() if is_person(name)}
    blindness = blindness_by_coder(people, extra.blind)
    n_assisted = sum(seen.n_assisted for seen in blindness.values())
    humans = {
        coder: {
            unit: codes
            for unit, codes in coding.items()
            if coder not in people or extra.blind.get((coder, unit)) is not False
        }
        for coder, coding in codings.items()
    }
    files = [find_table(dataset.folder, name) for name in ("utterances", "codes", "coverage")]
    files.append(next((dataset.folder / n for n in CODEBOOKS if (dataset.folder / n).is_file()), None))
    warnings = list(dataset.warnings)
    if n_assisted:
        warnings.append(_left_out(n_assisted))
    return Panel(
        source={
            "kind": "dataset",
            "name": dataset.folder.resolve().name,
            "sha256": {path.name: sha256(path) for path in files if path is not None},
        },
        codebook=dataset.codebook,
        units=units,
        humans=humans,
        blindness_of=blindness,
        rounds=extra.rounds,
        moments=extra.moments,
        coverage_assumed=coverage is None,
        warnings=tuple(warnings),
    )


def panel_of_project(project: Project, codebook: Codebook) -> Panel:
    """What coders of a project first decided blind, what the machine suggested then, and what was agreed.

    Codes that were merged count for the code they went into; codes that the codebook no longer has do not.
    """
    from autocode.store import ReviewStore

    people = ReviewStore(project.store)
    told = _Told(people, codebook)
    for coder, transcript, unit, arm, codes, suggested in people.first_decisions():
        if coder != CONSENSUS:
            told.add(coder, (transcript, unit), codes, suggested, blind=arm == "blind")
    pool = people.pool()
    name_of = dict(zip(pool.keys.tolist(), pool.names, strict=True))
    agreed = {
        name_of[one.unit]: told.now(code for code, applies in one.codes.items() if applies)
        for one in people.said(name_of)
        if one.coder == CONSENSUS and one.done
    }
    units, spans = _texts(project, people, {*told.transcripts, *pool.transcripts}, told)
    order, version_of = _history(people, name_of)
    versions = sorted({number for number in version_of.values() if number is not None})
    label = "codebook version {}".format
    rounds = {key: label(number) for key, number in version_of.items() if number} if len(versions) > 1 else {}
    keys = {one.key: one.name for one in people.accounts()}
    drawn = {
        name_of[unit]
        for key in keys
        for unit, mark in people.marks(key).items()
        if mark.drawn and unit in name_of
    }
    numbers = {one.digest: one.number for one in project.store.codebooks()}
    warnings = [*codebook.warnings, *filter(None, [uncoded_note(project, people.latest_codings())])]
    if n := sum(seen.n_assisted for seen in told.blindness.values()):
        warnings.append(_left_out(n))
    if told.dropped:
        warnings.append(
            "left out because the codebook no longer has them, and they were not merged into others: "
            + ", ".join(sorted(told.dropped))
        )
    return Panel(
        source={"kind": "project", "name": project.folder.name, "sha256": {}},
        codebook=codebook,
        units=units,
        humans=told.humans,
        machines={MACHINE: told.machine} if told.machine else {},
        consensus=agreed,
        blindness_of=told.blindness,
        rounds=rounds,
        moments=order,
        versions={label(number): number for number in versions},
        codebook_version=numbers.get(codebook.digest),
        drawn=frozenset(drawn),
        spans=spans,
        steps=told.steps(people.when_first_done(), with_model=project.model_path.exists()),
        warnings=tuple(warnings),
    )


class _Told:
    """First decisions, taken apart into people and the machine."""

    def __init__(self, people: ReviewStore, codebook: Codebook) -> None:
        from autocode.store.review import SUCCESSION

        self.book, self.succession = codebook, Succession(people.setting(SUCCESSION, {}))
        self.humans: dict[str, dict[str, frozenset[str]]] = {}
        self.machine: dict[str, frozenset[str]] = {}
        self.place: dict[str, str] = {}
        self.beside: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        self.blindness: dict[str, Blindness] = {}
        self.dropped: set[str] = set()

    @property
    def transcripts(self) -> set[str]:
        """Where somebody has finished a unit."""
        return set(self.place.values())

    def now(self, codes: Iterable[str]) -> frozenset[str]:
        """The codes as the codebook has them now."""
        found = self.succession.read(dict.fromkeys(codes, True), self.book)
        self.dropped.update(code for code in found if code not in self.book)
        return frozenset(code for code in found if code in self.book)

    def add(
        self,
        coder: str,
        place: tuple[str, str],
        codes: Iterable[str],
        suggested: Iterable[str],
        *,
        blind: bool,
    ) -> None:
        """Count one first decision; only a blind one is agreement's matter."""
        transcript, unit = place
        seen = Blindness(n_blind=int(blind), n_assisted=int(not blind))
        self.blindness[coder] = self.blindness.get(coder, Blindness()) + seen
        self.place[unit] = transcript
        if blind:
            given, guess = self.now(codes), self.now(suggested)
            self.humans.setdefault(coder, {})[unit] = given
            self.machine.setdefault(unit, guess)
            self.beside[coder, unit] = given, guess

    def steps(self, taught: Mapping[tuple[str, str], int | None], *, with_model: bool) -> tuple[Step, ...]:
        """Blind decisions with the machine's suggestion then; `taught` is how much it had learnt.

        `with_model`: suggestions before it learnt on the page may be those of a trained model.
        """
        steps = []
        for (coder, unit), (given, guess) in self.beside.items():
            n = taught.get((coder, unit))
            steps.append(Step(unit, coder, None if with_model and n == 0 else n, given, guess))
        return tuple(steps)


def _texts(
    project: Project, people: ReviewStore, transcripts: Iterable[str], told: _Told
) -> tuple[dict[str, Unit], Spans | None]:
    """Every codable unit with its text and address, and the free spans if there are any."""
    from autocode.errors import StoreError

    units: dict[str, Unit] = {}
    spans: list[Span] = []
    lengths: dict[str, int] = {}
    places: dict[str, tuple[int, int]] = {}
    coders = [(one.key, one.name) for one in people.accounts()]
    for name in sorted(transcripts):
        try:
            reading = people.reading(name)
        except StoreError:  # not coded any more
            continue
        for one in reading.utterances:
            if one.codable or one.id in told.place:
                units[one.id] = Unit(one.id, name, one.text.strip(), review_link(one.id))
                places[one.id] = one.start_char, one.end_char
        for key, coder in coders:
            found = people.spans(reading.transcript_key, key)
            spans += [
                Span(name, coder, start, end, now)
                for start, end, code in found
                for now in sorted(told.now([code]))
            ]
            if found and name not in lengths:
                lengths[name] = len(project.store.transcript(name).text)
    for unit, transcript in told.place.items():  # of an earlier cut
        units.setdefault(unit, Unit(unit, transcript))
    return units, Spans(tuple(spans), lengths, places) if spans else None


def _history(
    people: ReviewStore, name_of: Mapping[int, str]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], int | None]]:
    """When each coder first finished each unit (as the action's number), and under which codebook version.

    A unit that was finished without a decision has the version of the coder's decision before it.
    """
    first_version: dict[tuple[str, str], int | None] = {}
    for one in people.decided():
        if one.unit in name_of:
            first_version.setdefault((one.coder, name_of[one.unit]), one.version)
    coder_of = {one.key: one.name for one in people.accounts()}
    order: dict[tuple[str, str], float] = {}
    version: dict[tuple[str, str], int | None] = {}
    latest: dict[str, int | None] = {}
    for number, actor, _, changes in people.actions_since(0):
        for change in changes:
            if change[0] != "done" or not change[2] or change[1] not in name_of or actor not in coder_of:
                continue
            key = coder_of[actor], name_of[change[1]]
            if key not in order:
                order[key] = float(number)
                latest[key[0]] = version[key] = first_version.get(key) or latest.get(key[0])
    return order, version


def _left_out(n: int) -> str:
    return (
        f"{counted(n, 'coding')} made after the machine's suggestion was shown left out: "
        "agreement after a suggestion is partly the suggestion's own doing"
    )
