"""`autocode agree`: how far coders agree; and `autocode agree plan`: how much to code twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, terminal_of
from autocode.errors import AgreementError

if TYPE_CHECKING:
    from autocode.reliability.panel import Panel
    from autocode.reliability.plan import Need

REPORT = "report"


class ReportUnlessNamed(TyperGroup):
    """`autocode agree DATASET_DIR` is `autocode agree report DATASET_DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name in front where none of its names is."""
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else [REPORT, *args])


agree = typer.Typer(
    cls=ReportUnlessNamed,
    help="How far coders agree: `agree [DATASET_DIR]`; how much to code twice: `agree plan`.",
)
app.add_typer(agree, name="agree")


@agree.command(REPORT)
def report(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATASET_DIR|TABLE|PROJECT",
            help="A coded dataset, a table (CSV, XLSX), or a project of another program: QualCoder (.qda), "
            "Taguette (.sqlite3), REFI-QDA (.qdpx). Without: the project in this folder.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the report.")] = Path("agreement"),
    codebook: Annotated[str | None, typer.Option(help="With a table: the codebook of its codes.")] = None,
    coder: Annotated[
        list[str] | None, typer.Option(help="Only these people; several times. Without: everybody.")
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="A coder that is a machine, kept apart from people; several times."),
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Chosen beforehand: krippendorff or landis-koch, for the lower limit.")
    ] = None,
    purpose: Annotated[
        str, typer.Option(help="One line for the methods paragraph: why agreement was measured.")
    ] = "",
    metrics: Annotated[
        list[Path] | None,
        typer.Option(help="A file of 'autocode evaluate --train-size ...', for the learning curve."),
    ] = None,
    replicates: Annotated[int, typer.Option(min=100, help="Bootstrap replicates of each interval.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same intervals.")] = 0,
    level: Annotated[float, typer.Option(help="The intervals' level.")] = 0.95,
) -> None:
    """Report inter-coder reliability: coefficients, intervals by interview, warnings, text to paste.

    Example: `autocode agree report coded --out agreement`, or in short `autocode agree coded`
    """
    from autocode.reliability import agreement
    from autocode.reliability.panel import with_kinds
    from autocode.reliability.tables import check_place, write_files

    terminal = terminal_of(context)
    check_place(out)
    panel = _panel(terminal, source, codebook)
    with terminal.progress("measuring agreement", 4) as step:
        record = agreement(
            panel, coders=coder or (), machines=machine or (), benchmark=benchmark, level=level,
            replicates=replicates, seed=seed, purpose=purpose, metrics=metrics or (), done=lambda _: step(),
        )  # fmt: skip
    chosen = with_kinds(panel, coders=coder or (), machines=machine or ())
    files = [path.name for path in write_files(record, chosen, out)]
    for warning in record["warnings"]:
        terminal.warn(warning)
    main = {key: record[key] for key in ("source", "data", "overall", "machine", "results", "warnings")}
    main["codes"] = [
        {key: one[key] for key in ("code", "n_pairable", "n_positive", "rows")} for one in record["codes"]
    ]
    main |= {"out": str(out), "files": files}
    terminal.result(_table(record), record["results"], f"Report: {out} ({', '.join(files)})", data=main)


def _panel(terminal: Terminal, source: Path | None, codebook: str | None) -> Panel:
    from autocode.reliability import panel_of_project, read_panel

    if source is not None:
        return read_panel(source, codebook=codebook)
    if codebook is not None:
        raise AgreementError("--codebook: a project has its own codebook; leave it out")
    from autocode.codebook import read_codebook
    from autocode.store import open_project

    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        return panel_of_project(project, read_codebook(project.codebook_path))


def _table(record: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in ("units", "with it", "agree", "alpha", f"{100 * record['level']:g}% interval", "p_pos"):
        table.add_column(name, justify="right")
    n = record["data"]["n_multiply_coded"]
    machines = [one for one in (record["machine"], *record["other_machines"]) if one]
    if n or not machines:
        table.add_row("whole codebook (MASI)", str(n), "", *_numbers(record["overall"]))
    for one in machines if not n else ():
        rows = [{**row, "name": "masi_alpha"} for row in one["rows"] if row["name"] == "human_machine"]
        label = f"{one['name']} with people (MASI)"
        table.add_row(label, str(one["n_units"]), "", *_numbers(rows))
    for one in record["groups"]:
        table.add_row(one["label"], str(one["n_units"]), "", *_numbers(one["rows"]))
    for one in record["codes"]:
        if one["n_positive"]:
            table.add_row(one["code"], str(one["n_pairable"]), str(one["n_positive"]), *_numbers(one["rows"]))
    return table


def _numbers(rows: list[dict[str, Any]]) -> list[str]:
    """Agreement in percent, alpha, its interval and positive agreement, as far as there are any."""
    from autocode.reliability.record import find, percent, plain

    agreed = find(rows, "percent_agreement") or find(rows, "exact_agreement")
    alpha = find(rows, "krippendorff_alpha") or find(rows, "masi_alpha")
    positive = find(rows, "positive_agreement")
    interval = ""
    if alpha is not None and alpha["low"] is not None:
        interval = " to ".join(plain(round(alpha[key], 2)) for key in ("low", "high"))
    shown = ["" if one is None else plain(one["value"]) for one in (alpha, positive)]
    return ["" if agreed is None else percent(agreed["value"]), shown[0], interval, shown[1]]


@agree.command()
def plan(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATASET_DIR|TABLE",
            help="Where to draw from. Without: the project in this folder, if any.",
        ),
    ] = None,
    prevalence: Annotated[
        float, typer.Option(help="The share of units with the rarest code that is to be reported.")
    ] = 0.1,
    minimum: Annotated[
        float | None, typer.Option(help="Show that alpha is above this, for example 0.667.")
    ] = None,
    half_width: Annotated[
        float | None, typer.Option(help="An interval of this much to either side, for example 0.1.")
    ] = None,
    expected: Annotated[float, typer.Option(help="With --half-width: the kappa that is expected.")] = 0.8,
    positives: Annotated[
        int | None, typer.Option(min=1, help="So many units with the rarest code, for example 30.")
    ] = None,
    interviews: Annotated[
        int | None, typer.Option(min=1, help="From so many interviews. Without: those that are there.")
    ] = None,
    icc: Annotated[
        float, typer.Option(help="How alike units of one interview are (intraclass correlation).")
    ] = 0.05,
    n: Annotated[
        int | None, typer.Option("--units", min=1, help="Draw so many units, whatever is needed.")
    ] = None,
    stratum: Annotated[
        str | None, typer.Option(help="Draw by whether the machine gave this code. Without: any code.")
    ] = None,
    coder: Annotated[list[str] | None, typer.Option(help="Who is to code; several times.")] = None,
    coders_per_unit: Annotated[int, typer.Option(min=1, help="How many of them code each unit.")] = 2,
    out: Annotated[Path | None, typer.Option(help="A CSV file: draw the sample into it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Draw anew, into a file that is there.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed draws the same units.")] = 0,
    level: Annotated[float, typer.Option(help="Confidence of the interval or the test.")] = 0.95,
) -> None:
    """How many units and interviews to code twice; with --out, draw them by chance and share them out.

    Example: `autocode agree plan coded --prevalence 0.05 --coder anna --coder ben --out sample.csv`
    """
    from autocode.agreement import draw_sample
    from autocode.reliability.panel import with_kinds
    from autocode.reliability.plan import Wanted, needed, strata_by_machine, units_by_transcript, write_sample

    terminal = terminal_of(context)
    if out is not None and out.exists() and not force:
        raise AgreementError(
            f"{out}: is there already, and coders may have worked in it; --force draws a new sample into it"
        )
    if minimum is None and half_width is None and positives is None:
        minimum = 0.667
    wanted = Wanted(prevalence, minimum, half_width, expected, positives, icc, level)
    panel = None if source is None and not _in_project() else with_kinds(_panel(terminal, source, None))
    corpus = {} if panel is None else units_by_transcript(panel)
    known = len(corpus) if panel is not None and panel.transcripts_known else None
    need = needed(wanted, n_interviews=interviews or known)
    data: dict[str, Any] = {
        "prevalence": prevalence, "needed": dict(need.reasons), "independent_units": need.independent,
        "interviews": need.n_interviews, "design_effect": need.effect, "units": need.units,
        "least_interviews": need.least_interviews,
    }  # fmt: skip
    lines = _told(need, prevalence)
    if out is not None:
        if panel is None:
            raise AgreementError(
                "--out: there is nothing to draw from; give a dataset, or go to a project's folder"
            )
        for warning in panel.warnings:
            terminal.warn(warning)
        n_corpus = sum(map(len, corpus.values()))
        size = n or need.units or need.independent
        if size > n_corpus:
            terminal.warn(f"there are only {counted(n_corpus, 'unit')}; all of them are drawn")
            size = n_corpus
        if stratum is not None:
            stratum = panel.codebook.resolve(stratum)
        strata = strata_by_machine(panel, stratum)
        if stratum is not None and strata is None:
            raise AgreementError(
                "--stratum: no machine has coded these units, so there is nothing to draw by"
            )
        sample = draw_sample(corpus, n=size, seed=seed, strata=strata)
        loads = write_sample(
            sample, panel, out, coders=coder or (), coders_per_unit=coders_per_unit, seed=seed
        )
        n_from = sum(one.n_drawn > 0 for one in sample.transcripts)
        data |= {"drawn": size, "drawn_interviews": n_from, "loads": loads, "out": str(out), "seed": seed}
        lines.append(
            f"Drawn by chance: {counted(size, 'unit')} from {counted(n_from, 'interview')}, in {out}."
        )
        lines += [f"  {name}: {counted(load, 'unit')}" for name, load in loads.items()]
    terminal.result(*lines, data=data)


def _in_project() -> bool:
    from autocode.errors import StoreError
    from autocode.store import find_project

    try:
        find_project(Path.cwd())
    except StoreError:
        return False
    return True


def _told(need: Need, prevalence: float) -> list[str]:
    lines = [
        f"For a code that {100 * prevalence:g} % of the units carry, if units did not depend on each other:",
        *(f"  {counted(size, 'unit')} {reason}" for reason, size in need.reasons.items()),
    ]
    if need.n_interviews is None:
        lines.append(
            f"From interviews it takes more, and {counted(need.least_interviews, 'interview')} at the "
            f"least; see --interviews."
        )
    elif need.units is None:
        lines.append(
            f"{counted(need.n_interviews, 'interview')} {'is' if need.n_interviews == 1 else 'are'} too few, "
            f"however many units: it takes "
            f"{need.least_interviews} at the least."
        )
    else:
        lines.append(
            f"From {counted(need.n_interviews, 'interview')}: {counted(need.units, 'unit')}, since "
            f"units of one interview "
            f"resemble each other (design effect {need.effect:.2f})."
        )
    return lines
