"""`autocode prevalence`: how often each code occurs, corrected for the machine's errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.choosing import read_corpus
from autocode.cli.terminal import Terminal, counted, terminal_of
from autocode.errors import AutocodeError, FindingsError

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.findings.sampled import Sampled

Row = dict[str, Any]


@app.command()
def prevalence(
    context: typer.Context,
    dataset: Annotated[
        Path | None,
        typer.Argument(metavar="DATASET_DIR", help="A coded dataset. Without: the project in this folder."),
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|all",
            help="With a dataset: what was drawn by chance, as 'autocode next --by random --out FILE' or "
            "'autocode agree plan --out FILE' wrote it; or 'all' that is coded.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file for the numbers: .json or .csv.")] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="The intervals' level.")] = 0.95,
    config: Annotated[
        Path | None, typer.Option(help="With a dataset: a settings file (TOML) over the defaults.")
    ] = None,
) -> None:
    """Estimate how often each code occurs: people's sample corrects what the machine says of the rest.

    In a project, after `autocode next --by random --coder NAME`, `autocode train` and `autocode code`:
    `autocode prevalence`

    On files: `autocode prevalence DATASET_DIR --sample sample.csv --out prevalence.csv`
    """
    from autocode.findings.corrected import cautions, rows_of

    terminal = terminal_of(context)
    if out is not None and out.suffix.lower() not in (".json", ".csv"):
        raise AutocodeError(f"{out}: --out is a file that ends in .json or .csv")
    if dataset is not None:
        sampled, codebook = _of_dataset(terminal, dataset, sample, config)
    else:
        for option, value in (("--sample", sample), ("--config", config)):
            if value is not None:
                raise AutocodeError(f"{option}: goes with a dataset; a project knows it itself")
        sampled, codebook = _of_project(terminal)
    rows = rows_of(sampled, codebook, level=level)
    said = cautions(sampled, rows)
    if all(row["value"] is None for row in rows):
        raise FindingsError(f"no share can be estimated: {rows[0]['undefined_because']}")
    for caution in said:
        terminal.warn(caution)
    data = {**_facts(sampled), "level": level, "codes": rows, "warnings": said}
    if out is not None:
        _write(data, rows, out)
    lines = [_told(data), *([f"Numbers: {out}"] if out else [])]
    terminal.result(_table(rows, level), *lines, data={**data, "out": str(out) if out else None})


def _of_dataset(
    terminal: Terminal, folder: Path, sample: str | None, config: Path | None
) -> tuple[Sampled, Codebook]:
    from autocode.findings.sampled import ALL, sampled_of_corpus

    if sample not in (None, ALL) and not Path(str(sample)).is_file():
        raise FindingsError(f"--sample: {sample}: no such file; give a sample's file, or 'all'")
    corpus = read_corpus(terminal, folder, config)
    with terminal.phase("preparing the estimates"):
        return sampled_of_corpus(corpus, sample), corpus.coder.codebook


def _of_project(terminal: Terminal) -> tuple[Sampled, Codebook]:
    from autocode.codebook import read_codebook
    from autocode.findings.gather import material_of_project
    from autocode.findings.sampled import sampled_of_project
    from autocode.store import ReviewStore, open_project

    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        codebook = read_codebook(project.codebook_path)
        material = material_of_project(project, codebook)
        return sampled_of_project(project, ReviewStore(project.store), material), codebook


def _facts(sampled: Sampled) -> dict[str, Any]:
    import numpy as np

    read = ~np.isnan(sampled.values).all(axis=1)
    return {
        "n_utterances": len(sampled.groups),
        "n_interviews": len(set(sampled.groups)),
        "n_respondents": len(set(sampled.people)),
        "n_coded": int(read.sum()),
        "n_drawn": int((read & (sampled.chances < 1)).sum()),
    }


def _told(data: Row) -> str:
    everything = (
        f"{counted(data['n_utterances'], 'utterance')} of {counted(data['n_respondents'], 'respondent')} in "
        f"{counted(data['n_interviews'], 'interview')}"
    )
    if data["n_coded"] == data["n_utterances"]:
        return f"{everything}, all coded by people: these are counts, and no estimates."
    return (
        f"{everything}; people coded {data['n_coded']}, {data['n_drawn']} of them drawn by chance. "
        "Report the corrected share, not the machine's count; that of respondents leans on the model more."
    )


def _table(rows: list[Row], level: float) -> Any:
    from rich.table import Table
    from rich.text import Text

    from autocode.report.apa import percent

    table = Table()
    table.add_column("code")
    for name in ("corrected", f"{percent(level)} interval", "people alone", "machine's count", "respondents"):
        table.add_column(name, justify="right")
    for row in rows:
        if row["n_found"] or row["machine"]["n"]:
            table.add_row(
                Text(row["code"]), _share(row["value"]), _interval(row), _both(row["human"]),
                f"{row['machine']['n']} ({_share(row['machine']['value'])})", _both(row["respondents"]),
            )  # fmt: skip
    hidden = sum(not (row["n_found"] or row["machine"]["n"]) for row in rows)
    if hidden:
        table.caption = (
            f"{counted(hidden, 'code')} that neither people nor the machine found are left out here."
        )
    return table


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(row: Row) -> str:
    return "–" if row["low"] is None else f"{_share(row['low'])} to {_share(row['high'])}"


def _both(row: Row) -> str:
    at = _share(row["value"])
    if row["value"] is None or at == _share(row["low"]) == _share(row["high"]):
        return at
    return f"{at} ({_interval(row)})"


def _write(data: Row, rows: list[Row], out: Path) -> None:
    """The numbers as a private file; they hold nothing that anybody said."""
    import json

    from autocode.files import private_folder, write_private
    from autocode.write import write_rows

    with private_folder(out.parent), write_private(out) as file:
        if out.suffix.lower() == ".json":
            json.dump(data, file, ensure_ascii=False, indent=1)
            file.write("\n")
            return
        flat = [_flat(row) for row in rows]
        write_rows(file, [list(flat[0]), *([*one.values()] for one in flat)])


def _flat(row: Row) -> Row:
    plain = {key: value for key, value in row.items() if key != "code_id" and not isinstance(value, dict)}
    inner = {
        f"{key}_{name}": value
        for key, part in row.items()
        if isinstance(part, dict)
        for name, value in part.items()
    }
    return {**plain, **inner}
