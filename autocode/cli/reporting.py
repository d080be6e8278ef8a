"""`autocode report`: the findings, from codes that people accepted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, terminal_of
from autocode.errors import FindingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autocode.findings.part import Options
    from autocode.findings.report import Findings

FOLDER = "findings"


@app.command("report")
def report(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER|DATASET",
            help="A project or a coded dataset. Without: the project in this folder.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the report. Without: findings/ in the project.")
    ] = None,
    include_machine: Annotated[
        bool,
        typer.Option("--include-machine", help="Count what the machine suggests where nobody has decided."),
    ] = False,
    replicates: Annotated[
        int, typer.Option(min=100, help="Of each interval's bootstrap and of the shuffles.")
    ] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 0,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="The intervals' level.")] = 0.95,
) -> None:
    """Report the findings: data structure, map, quotes, cases, order of codes; as a page and for Word.

    Example: `autocode report coded --out findings`, or in a project: `autocode report`
    """
    from autocode.findings.part import Options

    terminal = terminal_of(context)
    if source is not None and not source.is_dir():
        raise FindingsError(f"{source}: no such folder; give a project's folder, or a coded dataset's")
    command = ["autocode", "report"]
    command += [str(source)] if source else []
    command += ["--out", str(out)] if out else []
    command += ["--include-machine"] if include_machine else []
    command += ["--replicates", str(replicates), "--seed", str(seed), "--level", str(level)]
    options = Options(level, replicates, seed)
    report_here(
        terminal, source or Path.cwd(), out, options, include_machine=include_machine, command=command
    )


def report_here(
    terminal: Terminal,
    folder: Path,
    out: Path | None,
    options: Options,
    *,
    include_machine: bool,
    command: Sequence[str],
) -> None:
    """Make the report of a project or a coded dataset, and tell what came out."""
    from datetime import UTC, datetime

    from autocode.findings.part import PAGE
    from autocode.findings.report import PARTS, key_of, make_findings, read_source, write_findings
    from autocode.report.blocks import absences

    place = _place(folder, out)
    with terminal.phase("reading the codings"):
        material, panel = read_source(folder, include_machine=include_machine, on_wait=terminal.note)
    with terminal.progress("reporting", len(PARTS)) as step:
        found = make_findings(
            material, panel, options, now=datetime.now(UTC), command=command,
            agreement_report=_agreement(folder, place), done=lambda _: step(),
        )  # fmt: skip
    files = write_findings(found, place)
    record = found.record
    for warning in record["short"]["warnings"]:
        terminal.warn(warning)
    absent = absences([part.section for part in found.parts])
    lines = [f"Not in the report: {one}." for one in absent]
    lines.append(f"Report: {place} ({PAGE} and {counted(len(files) - 1, 'more file')}).")
    lines.append(f"Who is who: {key_of(place)}. Keep it apart from the report.")
    data = {
        **{name: record[name] for name in ("source", "digest", "short")}, "absent": absent,
        "out": str(place), "files": [path.name for path in files], "key": str(key_of(place)),
    }  # fmt: skip
    terminal.result(*([_table(found)] if found.material.coded else []), *lines, data=data)


def _place(folder: Path, out: Path | None) -> Path:
    """Where the report goes. Raises `AutocodeError` where it cannot, or where there is nothing to report."""
    from autocode.findings.gather import is_dataset
    from autocode.store import find_project

    inside = None if is_dataset(folder) else find_project(folder) / FOLDER
    place = out or inside
    if place is None:
        raise FindingsError("--out is missing; the report of a coded dataset needs a folder: --out DIR")
    if place.exists() and not place.is_dir():
        raise FindingsError(f"{place}: is a file, and --out is a folder")
    return place


def _agreement(folder: Path, place: Path) -> str:
    """The way from the report to the reliability report, where there is one."""
    import os

    for page in (folder / "agreement" / "agreement.html", place.parent / "agreement" / "agreement.html"):
        if page.is_file():
            return Path(os.path.relpath(page.resolve(), place.absolute())).as_posix()
    return ""


def _table(found: Findings) -> Any:
    from rich.table import Table

    from autocode.findings.structure import nodes_of

    table = Table()
    table.add_column("code")
    for name in ("statements", "respondents"):
        table.add_column(name, justify="right")
    for node in nodes_of(found.material):
        if node.n_statements:
            table.add_row("  " * node.depth + node.name, str(node.n_statements), str(node.n_respondents))
    return table
