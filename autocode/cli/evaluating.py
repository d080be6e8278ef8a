"""`autocode evaluate`: how good the suggestions are, on interviews that were left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.coding import settings_of
from autocode.cli.terminal import nothing_written, terminal_of
from autocode.errors import LearnError

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTES = 10.0  # of each fold's fine-tuning


@app.command()
def evaluate(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", help="A coded dataset.")],
    out: Annotated[
        Path, typer.Option(help="The file for the numbers; a page with plots is written beside it.")
    ],
    group_by: Annotated[
        str,
        typer.Option(
            help="What is kept together: transcript_id, speaker, role, or a field such as meta.firm."
        ),
    ] = "transcript_id",
    folds: Annotated[int, typer.Option(min=2, help="How many parts are left out in turn.")] = 5,
    train_size: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Train on so many interviews only; several times: a learning curve."),
    ] = None,
    human_ceiling: Annotated[
        bool, typer.Option("--human-ceiling", help="Require each coder's agreement with the others.")
    ] = False,
    target_error: Annotated[float, typer.Option(help="The error that the risk dial is to keep.")] = 0.05,
    confidence: Annotated[float, typer.Option(help="How sure it must be kept.")] = 0.95,
    fine_tune: Annotated[
        bool, typer.Option("--fine-tune", help="Adapt the encoder in every fold as well; takes long.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.1, help="The time of each fold's fine-tuning.")] = MINUTES,
    encoder: Annotated[
        str | None, typer.Option(help="default, hashing, or a sentence-transformers model.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML) over the defaults.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same folds and result.")] = None,
) -> None:
    """Measure the suggestions on human codes, with folds by interview and baselines beside.

    Example: `autocode evaluate dataset --out metrics.json`
    """
    from autocode.dataset import read_dataset
    from autocode.evaluate.page import MEASURES, write_page
    from autocode.evaluate.run import Plan
    from autocode.evaluate.run import evaluate as run
    from autocode.files import check_writable, private_folder, write_together
    from autocode.learn.dial import check_target
    from autocode.pipeline import Coder

    terminal = terminal_of(context)
    check_target(target_error, confidence)
    if out.suffix.lower() != ".json":
        raise LearnError(f"{out}: --out is a file that ends in .json; the page is written beside it")
    options = {"encoder": encoder, "seed": seed}
    settings = settings_of(config, {name: value for name, value in options.items() if value is not None})
    page = out.with_suffix(".html")
    with private_folder(out.parent):
        check_writable(out.parent, [out.name, page.name])
        with nothing_written():
            data = read_dataset(dataset)
            for warning in data.warnings:
                terminal.warn(warning)
            coder = Coder(data.codebook, settings=settings)
            sizes: list[int | None] = [*sorted(set(train_size or ()), reverse=True)] or [None]
            results: list[dict[str, Any]] = []
            with terminal.progress("evaluating", len(sizes) * (folds + 1)) as step:
                for size in sizes:
                    plan = Plan(
                        group_by, folds, size, target_error, confidence, human_ceiling,
                        minutes=minutes if fine_tune else None, seed=settings.seed,
                    )  # fmt: skip
                    results.append(run(data, coder, plan, fold_done=lambda _: step()))
                    step()
            result = results[0]  # of the largest size
            for warning in result["warnings"][len(data.warnings) :]:
                terminal.warn(warning)
            if len(results) > 1:
                result["learning_curve"] = [
                    {key: one[key] for key in ("train_size", *MEASURES, *POINT)} for one in reversed(results)
                ]
            given = {
                "dataset": shown_path(dataset),
                "minutes": minutes if fine_tune and minutes != MINUTES else None,
                "encoder": encoder and shown_path(encoder),
                "config": config and shown_path(config),
                "human_ceiling": human_ceiling or None,
            }
            result["options"] = {name: value for name, value in given.items() if value is not None}
            told = write_page(result)
        with write_together(out.parent, [out.name, page.name]) as (file, html):
            import json

            json.dump(result, file, ensure_ascii=False, indent=1)
            file.write("\n")
            html.write(told)
    terminal.result(_table(result), _told(result), f"Numbers: {out}. Page: {page}", data=result)


POINT = ("intervals", "n_learnt_from", "agreement")  # of a learning curve, besides


def shown_path(path: Path | str) -> str:
    """A path as it was given; of an absolute one, which tells of a private computer, its last name alone."""
    return Path(path).name if Path(path).is_absolute() else str(path)


def _table(result: Mapping[str, Any]) -> Any:
    from rich.table import Table

    from autocode.evaluate.lookup import interval_of
    from autocode.evaluate.markup import limits, number
    from autocode.evaluate.page import MEASURES, NAMES

    table = Table()
    table.add_column("")
    for name in MEASURES.values():
        table.add_column(name, justify="right")
    rows = {"autocode": result, **result["baselines"]}
    if human := result.get("human"):
        rows[f"a coder against the others ({human['n_units']:,} utterances)"] = human
        rows["autocode against the same others"] = human["autocode"]
    for name, row in rows.items():
        values = (
            " ".join(filter(None, [number(row.get(key)), limits(interval_of(row, key))])) for key in MEASURES
        )
        table.add_row(NAMES.get(name, name), *values)
    return table


def _told(result: Mapping[str, Any]) -> str:
    dial = result["auto_accept"]
    accepted = _side(dial, "accept", "observed_error")
    rejected = _side(dial, "reject", "observed_error_rejected")
    return (
        f"{result['n_utterances']} utterances, {result['n_codes']} codes, {result['folds']} folds by "
        f"{result['group_by']}. Calibration error {result['calibration']['ece']:.3f}; at a target error of "
        f"{dial['target_error']:g}, {accepted}; {rejected}."
    )


def _side(dial: Mapping[str, Any], verdict: str, error: str) -> str:
    """What the dial settles on one side, and how well; or why nothing, and what it would take."""
    from autocode.evaluate.lookup import why_nothing

    if (observed := dial[error]) is not None:
        return f"{dial[f'{verdict}ed']:.1%} of decisions {verdict}ed unseen with {observed:.1%} wrong"
    return f"nothing could be {verdict}ed unseen ({why_nothing(dial, verdict)})"
