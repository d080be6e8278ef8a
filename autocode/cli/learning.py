"""`autocode train`: a model from human codes; and the options that `autocode code` shares with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, nothing_written, terminal_of
from autocode.errors import AutocodeError, LearnError, ReadError

if TYPE_CHECKING:
    from autocode.learn.files import Model
    from autocode.learn.labels import Labels as LabelTable
    from autocode.learn.signals import Signals
    from autocode.pipeline import Coder
    from autocode.records import Transcript
    from autocode.store import Project
    from autocode.training import Tuned

MANY = 300  # coded utterances from which fine-tuning is offered
Labels = Annotated[
    Path | None, typer.Option(help="Human codes to learn from: a table of utterance_id, coder, code.")
]
Coverage = Annotated[
    Path | None, typer.Option(help="Who looked at what: a table of utterance_id, coder. Needs --labels.")
]
TargetError = Annotated[
    float | None,
    typer.Option(help="Accept and reject unseen where at most this share is wrong, for example 0.05."),
]
Confidence = Annotated[float, typer.Option(help="How sure the target error must be kept.")]


@dataclass(frozen=True, slots=True)
class HumanCodes:
    """What the options say about human codes."""

    labels: Path | None
    coverage: Path | None
    model: Path | None = None
    target_error: float | None = None
    confidence: float = 0.95
    minutes: float | None = None  # for fine-tuning; None: no fine-tuning

    def check(self) -> None:
        """Raise, before any work is done, `AutocodeError` for options that cannot be meant."""
        if self.model is not None and self.labels is not None:
            raise LearnError("--model and --labels: give one of them; a model has its labels in it")
        if self.model is not None and self.target_error is not None:
            raise LearnError(
                "--target-error: a model's dial is set when it is trained, with 'autocode train'"
            )
        for option, value in (("--coverage", self.coverage), ("--target-error", self.target_error)):
            if value is not None and self.labels is None:
                raise LearnError(f"{option}: needs human codes; give them with --labels")
        for path in (self.labels, self.coverage):
            if path is not None and not path.exists():
                raise ReadError(f"{path}: no such file")
        if self.target_error is not None:  # learning costs half a second to import
            from autocode.learn.dial import check_target

            check_target(self.target_error, self.confidence)
        if self.model is not None:
            from autocode.learn.files import load_model

            load_model(self.model)

    def described(self) -> list[dict[str, str]]:
        """What `run.json` says of the files of human codes, and of what was assumed without one."""
        from autocode.dataset import ASSUMED_COVERAGE
        from autocode.reliability.columns import sha256

        files = [("labels", self.labels), ("coverage", self.coverage)]
        told = [{"what": w, "source": p.name, "sha256": sha256(p)} for w, p in files if p is not None]
        if self.labels is not None and self.coverage is None:
            told.append({"what": "coverage", "assumed": ASSUMED_COVERAGE})
        return told


def learn_from(
    terminal: Terminal, coder: Coder, transcripts: Sequence[Transcript], human: HumanCodes
) -> LabelTable | None:
    """Let the coder learn from the codes that the checked options name, if any: these as a table.

    Raises `LearnError`.
    """
    if human.model is not None:
        from autocode.learn.files import load_model

        coder.use(load_model(human.model))
        return None
    if human.labels is None:
        return None
    table = read_labels(terminal, coder, transcripts, human)
    coder.use(train_on(terminal, coder, transcripts, human, table))
    return table


def read_labels(
    terminal: Terminal, coder: Coder, transcripts: Sequence[Transcript], human: HumanCodes
) -> LabelTable:
    """The table of labels for the utterances of these transcripts, from the files of the options."""
    from autocode.dataset import Units, read_codings
    from autocode.learn.labels import labels_of_codings

    assert human.labels is not None
    utterances = [one for transcript in transcripts for one in coder.segment(transcript)]
    dropped = [unit for transcript in transcripts for unit in transcript.meta.get("dropped_units", ())]
    codings = read_codings(
        human.labels, human.coverage, codebook=coder.codebook, units=Units.of_utterances(utterances, dropped)
    )
    codings = codings.to_learn_from()
    for warning in codings.warnings:
        terminal.warn(warning)
    speakers = {one.speaker: one.role for one in utterances if one.id in codings.units}
    if others := sorted(name for name, role in speakers.items() if role != "respondent"):
        terminal.warn(
            f"{human.labels}: codes are of what {_named(others)} said, who is not a respondent; only "
            f'respondents get suggestions. To suggest codes there too: --speaker "{others[0]}=respondent"'
        )
    return labels_of_codings(codings.by_coder, coder.codebook, order=[one.id for one in utterances])


def _named(names: Sequence[str]) -> str:
    """Up to three names."""
    return ", ".join(f"'{name}'" for name in names[:3]) + (", ..." if len(names) > 3 else "")


def train_on(
    terminal: Terminal,
    coder: Coder,
    transcripts: Sequence[Transcript],
    human: HumanCodes,
    labels: LabelTable,
    *,
    work: Path | None = None,
    text_of: Mapping[str, str] | None = None,
) -> Model:
    """Learn, with signs of life; tells what the dial can and cannot promise.

    `work` is a folder for fine-tuned encoders, without which there are none. `text_of` are the words of
    a project's utterances.
    """
    from autocode.learn.labels import all_alike
    from autocode.training import signals_of, train

    with terminal.progress("reading coded utterances", len(transcripts)) as step:
        units = set(labels.unit_ids)
        signals = signals_of(coder, transcripts, units, text_of=text_of, done=lambda _: step())
    tuned = None
    if human.minutes is not None and work is not None:
        tuned = _tune(terminal, coder, signals, labels, work, human.minutes)
    elif len(signals) >= MANY:
        terminal.note("There are codes enough to try 'autocode train --fine-tune', which takes some minutes.")
    with terminal.phase(f"learning from {counted(len(signals), 'coded utterance')}"):
        model = train(
            coder, signals, labels, target_error=human.target_error, confidence=human.confidence, tuned=tuned
        )
    if alike := all_alike(labels):
        terminal.warn(alike)
    if len(set(signals.groups)) < 2:
        terminal.warn(
            "all coded utterances are of one interview; how well this carries over to another is not known"
        )
    for sentence in dial_notes(model):
        terminal.note(sentence)
    return model


def _tune(
    terminal: Terminal, coder: Coder, signals: Signals, labels: LabelTable, work: Path, minutes: float
) -> Tuned | None:
    """Fine-tune the encoder into the folder `work`; tells whether it helped."""
    from autocode.learn.files import ENCODER
    from autocode.training import tune

    with terminal.progress("fine-tuning the encoder", 100) as step:
        done = 0

        def progress(share: float) -> None:
            nonlocal done
            step(max(0, int(100 * share) - done))
            done = max(done, int(100 * share))

        tuned = tune(coder, signals, labels, work / ENCODER, minutes=minutes, progress=progress)
    if tuned is None:
        terminal.note(
            "Fine-tuning did not help on interviews that were held out; the encoder stays as it is."
        )
    else:
        terminal.note(
            f"Fine-tuning helped: mean average precision {tuned.before:.3f} before, {tuned.after:.3f} after, "
            "on interviews that were held out."
        )
    return tuned


def dial_notes(model: Model) -> list[str]:
    """What has to be said about the codes for which nothing can be accepted or rejected unseen."""
    if model.dial is None:
        return []
    return list(model.dial.notes(model.learned.code_ids, model.learned.values))


@app.command()
def train(
    context: typer.Context,
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="DATASET_DIR", help="A coded dataset. Without: the project in this folder."),
    ] = None,
    labels: Labels = None,
    coverage: Coverage = None,
    out: Annotated[Path | None, typer.Option(help="The folder for the model. Needed with a dataset.")] = None,
    target_error: TargetError = None,
    confidence: Confidence = 0.95,
    fine_tune: Annotated[
        bool, typer.Option("--fine-tune", help="Adapt the encoder to your codes as well; takes minutes.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.1, help="The time that fine-tuning may take.")] = 10.0,
    config: Annotated[
        Path | None, typer.Option(help="With a dataset: a settings file (TOML) over the defaults.")
    ] = None,
) -> None:
    """Learn from human codes, so that `autocode code` suggests as your coders would.

    In a project: `autocode train` (from decisions, or `--labels codes.jsonl`), then `autocode code`.

    On files: `autocode train DATASET_DIR --out model`, then `autocode code FILE... --model model`.
    """
    from autocode.learn.dial import check_target

    terminal = terminal_of(context)
    human = HumanCodes(labels, coverage, None, target_error, confidence, minutes if fine_tune else None)
    if target_error is not None:
        check_target(target_error, confidence)
    if dataset is not None:
        if labels is not None or coverage is not None:
            raise AutocodeError("--labels: a dataset's codes are those in its folder; leave it out")
        if out is None:
            raise AutocodeError("--out is missing; a dataset's model is made with --out DIR")
        model = _train_on_dataset(terminal, dataset, human, config, out)
    elif config is not None:
        raise AutocodeError("--config: a project's settings are those in its autocode.toml")
    else:
        model, out = _train_in_project(terminal, human, out)
    _show(terminal, model, out)


def _train_on_dataset(
    terminal: Terminal, folder: Path, human: HumanCodes, config: Path | None, out: Path
) -> Model:
    from autocode.config import read_settings
    from autocode.dataset import read_dataset
    from autocode.learn.files import save_model, workplace
    from autocode.learn.labels import labels_of_codings
    from autocode.pipeline import Coder

    with workplace(out) as work:
        with nothing_written():
            dataset = read_dataset(folder)
            codings = dataset.codings.to_learn_from()
            for warning in dict.fromkeys((*dataset.warnings, *codings.warnings)):
                terminal.warn(warning)
            coder = Coder(dataset.codebook, settings=read_settings(config))
            table = labels_of_codings(codings.by_coder, dataset.codebook, order=dataset.unit_ids)
            model = train_on(terminal, coder, dataset.transcripts, human, table, work=work)
        save_model(model, out)
    return model


def _train_in_project(terminal: Terminal, human: HumanCodes, out: Path | None) -> tuple[Model, Path]:
    from autocode.batch import project_coder
    from autocode.learn.files import save_model, workplace
    from autocode.store import open_project
    from autocode.training import texts_of_project

    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        place = out or project.model_path
        with workplace(place) as work:
            coder = project_coder(project, with_model=False)
            transcripts = [project.store.transcript(one.id) for one in project.store.transcripts()]
            text_of: dict[str, str] | None = None
            if human.labels is not None:
                table = read_labels(terminal, coder, transcripts, human)
            elif human.coverage is not None:
                raise LearnError("--coverage: needs human codes; give them with --labels")
            else:
                table, text_of = _decided(project, coder), texts_of_project(project)
            model = train_on(terminal, coder, transcripts, human, table, work=work, text_of=text_of)
            save_model(model, place)
        return model, place


def _decided(project: Project, coder: Coder) -> LabelTable:
    from autocode.store import ReviewStore
    from autocode.training import labels_of_project

    labels = labels_of_project(project, coder.codebook)
    if not len(labels) and (n := ReviewStore(project.store).n_of_earlier_cuts()):
        raise LearnError(
            f"{project.folder}: all that people have decided ({counted(n, 'finished statement')}) is of an "
            "earlier cut of the transcripts; 'autocode code' with the settings of then brings it back"
        )
    if not len(labels):
        raise LearnError(
            f"{project.folder}: nobody has decided on a code yet; decide with 'autocode review', or give "
            "human codes with --labels codes.jsonl"
        )
    return labels


def _show(terminal: Terminal, model: Model, out: Path) -> None:
    """Each code's labels and what the model makes of them, and where the model is."""
    import numpy as np

    from autocode.evaluate.metrics import overall, per_code

    learned = model.learned
    chosen = learned.rule(learned.cross_fitted)
    rows = per_code(learned.values, chosen, learned.code_ids)
    everything = overall(learned.values, chosen, list(range(len(learned.code_ids))))
    data: dict[str, Any] = {
        "out": str(out),
        "n_units": len(learned.signals),
        "n_transcripts": len(set(learned.signals.groups)),
        "codes": rows,
        "cross_validated": everything,
        "dial": model.dial.to_dict() if model.dial else None,
    }
    left_out = "transcripts"
    if data["n_transcripts"] == 1:
        left_out = "utterances"
        terminal.warn(
            "all coded utterances are of one interview, so F1 is measured on single ones that were left out; "
            "on other interviews it will be lower"
        )
    n_coded = int((np.nan_to_num(learned.values).sum(axis=1) > 0).sum())
    lines = [
        f"Learnt from {counted(len(learned.signals), 'utterance')} that people looked at, {n_coded} with a "
        f"code, in {counted(data['n_transcripts'], 'transcript')}.",
        f"F1 is measured on {left_out} that were left out (chosen thresholds included, so a little rosy); "
        "'autocode evaluate' measures it strictly.",
        f"Model: {out}. It holds coded statements: keep it as confidential as the interviews.",
    ]
    terminal.result(_table(rows), *lines, data=data)


def _table(rows: dict[str, dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table()
    table.add_column("code")
    for name in ("applied", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for code, row in rows.items():
        if row["support"]:
            values = ("–" if row[key] is None else f"{row[key]:.2f}" for key in ("precision", "recall", "f1"))
            table.add_row(code, str(row["support"]), *values)
    unused = sum(not row["support"] for row in rows.values())
    if unused:
        table.caption = f"{unused} codes that nobody has applied yet are suggested by the codebook alone."
    return table
