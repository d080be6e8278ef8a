"""`autocode next`: what to code next, why, and whether one may stop."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of
from autocode.errors import AutocodeError

if TYPE_CHECKING:
    from autocode.choosing import Choice, Choices, Corpus

COLUMNS = ("utterance_id", "transcript_id", "speaker", "text", "why", "codes", "probability")


@app.command("next")
def next_(
    context: typer.Context,
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="DATASET_DIR", help="A coded dataset. Without: the project in this folder."),
    ] = None,
    by: Annotated[
        str, typer.Option(help="uncertain, worst_code, rare_code, diverse, random, or code:ID.")
    ] = "uncertain",
    n: Annotated[int, typer.Option("--units", min=1, help="How many utterances.")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="A file for them: .jsonl or .csv. It holds what people said.")
    ] = None,
    coder: Annotated[
        str | None,
        typer.Option(help="In a project, with --by random: give them to this coder, to be coded blind."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="With a dataset: a settings file (TOML) over the defaults.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed draws the same utterances.")] = None,
) -> None:
    """Show which utterances to code next, why each, and whether you may stop.

    In a project: `autocode next --by rare_code`; to estimate shares: `autocode next --by random --coder anna`

    On files: `autocode next DATASET_DIR --by uncertain --units 50 --out next.csv`
    """
    terminal = terminal_of(context)
    _check(by, out, coder, dataset)
    if dataset is not None:
        found, n_given = _choose(terminal, read_corpus(terminal, dataset, config), n, by, seed), None
    elif config is not None:
        raise AutocodeError("--config: a project's settings are those in its autocode.toml")
    else:
        found, n_given = _in_project(terminal, n, by, seed, coder)
    if out is not None:
        _write(found, out)
    _show(terminal, found, by, out, n_given, coder)


def _check(by: str, out: Path | None, coder: str | None, dataset: Path | None) -> None:
    """Raise for what cannot be meant, before anything is computed."""
    from autocode.learn.queue import FOR_CODE, RANDOM, check_strategy

    check_strategy(by, (by.removeprefix(FOR_CODE),))  # whether there is this code is seen later
    if out is not None and out.suffix.lower() not in (".jsonl", ".csv"):
        raise AutocodeError(f"{out}: --out is a file that ends in .jsonl or .csv")
    if coder is not None and dataset is not None:
        raise AutocodeError("--coder: a dataset has no review page; leave it out")
    if coder is not None and by != RANDOM:
        raise AutocodeError("--coder: goes with --by random; choose the other orders on the review page")


def read_corpus(terminal: Terminal, folder: Path, config: Path | None) -> Corpus:
    """The corpus of a coded dataset, with signs of life."""
    from autocode.choosing import corpus_of_dataset
    from autocode.config import read_settings
    from autocode.dataset import read_dataset
    from autocode.pipeline import Coder

    dataset = read_dataset(folder)
    for warning in dataset.warnings:
        terminal.warn(warning)
    coder = Coder(dataset.codebook, settings=read_settings(config))
    with terminal.progress("reading utterances", len(dataset.transcripts)) as step:
        return corpus_of_dataset(dataset, coder, done=lambda _: step())


def _in_project(
    terminal: Terminal, n: int, by: str, seed: int | None, coder: str | None
) -> tuple[Choices, int | None]:
    from autocode.choosing import coder_called, corpus_of_project, give
    from autocode.store import open_project

    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        account = None if coder is None else coder_called(project, coder)
        total = len(project.store.transcripts())
        with terminal.progress("reading utterances", total) as step:
            corpus = corpus_of_project(project, warn=terminal.warn, done=lambda _: step())
        found = _choose(terminal, corpus, n, by, seed)
        return found, None if account is None else give(project, account, found.choices)


def _choose(terminal: Terminal, corpus: Corpus, n: int, by: str, seed: int | None) -> Choices:
    from autocode.choosing import choose

    with terminal.phase("preparing what to code next"):
        return choose(corpus, n, by=by, seed=seed)


def _write(found: Choices, out: Path) -> None:
    """The choices as a private file."""
    import json

    from autocode.files import private_folder, write_private
    from autocode.write import write_rows

    rows = [_row(one) for one in found.choices]
    with private_folder(out.parent), write_private(out) as file:
        if out.suffix.lower() == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            write_rows(file, [COLUMNS, *([*_flat(row).values()] for row in rows)])


def _row(one: Choice) -> dict[str, Any]:
    return {
        "utterance_id": one.utterance.id,
        "transcript_id": one.utterance.transcript_id,
        "speaker": one.utterance.speaker,
        "text": one.utterance.text,
        "why": one.why,
        "codes": [{"code": code, "probability": round(p, 4)} for code, p in one.codes],
        "probability": None if one.probability is None else round(one.probability, 6),
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    codes = "; ".join(f"{one['code']} {one['probability']:.2f}" for one in row["codes"])
    return {**row, "text": " ".join(row["text"].split()), "codes": codes}


def _show(
    terminal: Terminal, found: Choices, by: str, out: Path | None, n_given: int | None, coder: str | None
) -> None:
    from autocode.learn.queue import DESCRIPTIONS, FOR_CODE, RANDOM

    what = DESCRIPTIONS.get(by, f"candidates for {by.removeprefix(FOR_CODE)}")
    lines = [
        f"{counted(len(found.choices), 'utterance')} of {found.n_open} that are open, {what} "
        f"({found.n_coded} are coded)."
    ]
    if not found.learned:
        lines.append(
            "So far the codebook alone speaks, by its scores; suggestions learn from 20 coded utterances on."
        )
    if found.stopping is not None:
        lines.append(found.stopping.sentence())
    if n_given is not None:
        lines.append(f"{counted(n_given, 'utterance')} given to {coder}: on the review page, “given to me”.")
    elif by == RANDOM and found.choices:
        lines.append("Code all of them before you estimate: 'autocode prevalence' needs the whole sample.")
    if out is not None:
        lines.append(f"Written to {out}: keep it as confidential as the interviews.")
    told = found.stopping
    stop = None if told is None else {"may_stop": told.may_stop, "sentence": told.sentence(), **asdict(told)}
    data = {
        "by": by, "n_open": found.n_open, "n_coded": found.n_coded, "learned": found.learned,
        "stopping": stop, "next": [_row(one) for one in found.choices], "given": n_given,
        "out": str(out) if out else None,
    }  # fmt: skip
    terminal.result(*([_table(found)] if found.choices else []), *lines, data=data)


def _table(found: Choices) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("utterance", ratio=5)
    table.add_column("why", ratio=3)
    table.add_column("best codes", ratio=3)
    for one in found.choices:
        said = Text.assemble(shortened(one.utterance.text, 160), (f"\n{one.utterance.id}", "dim"))
        codes = "\n".join(f"{code} {p:.2f}" for code, p in one.codes)
        table.add_row(said, Text(one.why), Text(codes))
    return table
