"""`autocode themes`: what respondents talk about, and what of it the codebook does not cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.coding import PREPARING, settings_of
from autocode.cli.learning import Coverage, HumanCodes, Labels, learn_from
from autocode.cli.reading import read_all, warn_of
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of
from autocode.errors import AutocodeError, TooFewError

if TYPE_CHECKING:
    from autocode.learn.labels import Labels as LabelTable
    from autocode.pipeline import CodedTranscript, Coder
    from autocode.themes import Found, SaturationRule
    from autocode.themes.few import Nearest

SHOWN = 12  # themes in the terminal


@app.command()
def themes(
    context: typer.Context,
    utterances: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="UTTERANCES",
            help="Tidy utterances, transcripts, or folders of them. Without any: the project in this folder.",
        ),
    ] = None,
    codebook: Annotated[
        str | None, typer.Option(help="A codebook file, or the name of a shipped one. Needed with files.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the result. Needed with files; else themes/.")
    ] = None,
    detail: Annotated[
        str, typer.Option(help="At most about 12 themes (few), 40 (some) or 120 (many).")
    ] = "some",
    runs: Annotated[
        int, typer.Option(min=1, help="Other seeds, and as many resamplings, that a theme must survive.")
    ] = 5,
    base_size: Annotated[int, typer.Option(min=1, help="Saturation: interviews that set the measure.")] = 4,
    run_length: Annotated[int, typer.Option(min=1, help="Saturation: interviews without news.")] = 2,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Saturation: share of the base that counts as no news.")
    ] = 0.05,
    unit: Annotated[str | None, typer.Option(help="With files: turn, sentence, unit or auto.")] = None,
    language: Annotated[str | None, typer.Option(help="With files: the interviews' language.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="default, hashing, or a sentence-transformers model.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML) over the defaults.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same themes.")] = None,
    labels: Labels = None,
    coverage: Coverage = None,
    model: Annotated[Path | None, typer.Option(help="A model that 'autocode train --out' made.")] = None,
) -> None:
    """Find themes in what respondents say, and those that the codebook does not cover.

    On files: `autocode themes coding/utterances.jsonl --codebook CODEBOOK --out themes`

    In a project, after `autocode code`: `autocode themes`
    """
    from autocode.themes import SaturationRule
    from autocode.themes.files import check_place
    from autocode.themes.project import told

    terminal = terminal_of(context)
    rule = SaturationRule(base_size, run_length, threshold)
    given = {"unit": unit, "language": language, "encoder": encoder, "seed": seed}
    given = {name: value for name, value in given.items() if value is not None}
    if not utterances:
        if codebook or config or given or labels or coverage or model:
            raise AutocodeError(
                "in a project, codebook, settings and model come from its own files; name utterances to find "
                "themes in files instead"
            )
        if out is not None:
            check_place(out)
        _in_project(terminal, out, detail, runs, rule)
        return
    if codebook is None or out is None:
        missing = "--codebook" if codebook is None else "--out"
        raise AutocodeError(
            f"{missing} is missing; themes in files are found with --codebook CODEBOOK --out DIR, those of a "
            "project in its folder, by 'autocode themes' alone"
        )
    from autocode.batch import with_respondents
    from autocode.cli.coding import warn_of_codebook
    from autocode.embed import check_encoder
    from autocode.pipeline import Coder

    human = HumanCodes(labels, coverage, model)
    human.check()
    check_place(out)
    settings = settings_of(config, given)
    coder = Coder(codebook, settings=settings)
    check_encoder(settings.embed)
    loaded = read_all(terminal, utterances, settings=settings, roles={})
    warn_of(terminal, loaded)
    warn_of_codebook(terminal, coder)
    remedy = "correct a role under [speakers] in the file for --config"
    transcripts = with_respondents([one.transcript for one in loaded], remedy, terminal.warn)
    with terminal.phase(PREPARING):
        _ = coder.scorer
    people = learn_from(terminal, coder, transcripts, human)
    codings = []
    with terminal.progress("coding", len(transcripts)) as step:
        for transcript in transcripts:
            codings.append(coder.code(transcript))
            step()
    found = _find(terminal, coder, codings, detail, runs, rule, people)
    _write(terminal, told(found, codings, transcripts, cases={}), out)


def _in_project(terminal: Terminal, out: Path | None, detail: str, runs: int, rule: SaturationRule) -> None:
    from autocode.store import open_project
    from autocode.themes.project import FOLDER, codings_of, shown
    from autocode.training import labels_of_project

    with open_project(Path.cwd(), on_wait=terminal.note) as project:
        coder, codings = codings_of(project, warn=terminal.warn)
        for warning in coder.codebook.warnings:
            terminal.warn(warning)
        people = labels_of_project(project, coder.codebook)
        found = _find(terminal, coder, codings, detail, runs, rule, people)
        found = shown(found, project, codings, coder.codebook)
        _write(terminal, found, out or project.folder / FOLDER)


def _find(
    terminal: Terminal, coder: Coder, codings: Sequence[CodedTranscript], detail: str, runs: int,
    rule: SaturationRule, people: LabelTable | None,
) -> Found:  # fmt: skip
    from autocode.themes import find_themes
    from autocode.themes.few import nearest_of_few

    try:
        with terminal.progress("trying the themes again", 2 * runs) as step:
            return find_themes(
                coder, codings, detail=detail, n_runs=runs, rule=rule, people=people, done=step
            )
    except TooFewError:
        if not terminal.json and not terminal.quiet and (nearest := nearest_of_few(coder, codings)):
            terminal.show(_nearest(nearest))
        raise


def _nearest(found: Sequence[Nearest]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for name in ("statement", "the nearest other one"):
        table.add_column(name)
    table.add_column("cosine", justify="right")
    for one in found:
        table.add_row(Text(shortened(one.text, 200)), Text(shortened(one.other, 200)), f"{one.cosine:.2f}")
    return table


def _write(terminal: Terminal, found: Found, out: Path) -> None:
    from autocode.themes import write_themes

    write_themes(found, out)
    for warning in found.warnings:
        terminal.warn(warning)
    _show(terminal, found, out)


def _show(terminal: Terminal, found: Found, out: Path) -> None:
    data: dict[str, Any] = {
        "out": str(out),
        "n_statements": found.n_statements,
        "n_unplaced": found.n_statements - len(found.placed),
        "covered_by": found.covered_by,
        "themes": [
            {
                "theme": theme.id, "label": theme.label, "n_statements": theme.n_statements,
                "coverage": theme.coverage, "nearest_code": theme.nearest_code,
                "stability": theme.stability, "emergent": theme.emergent,
                "decided": None if theme.verdict is None else asdict(theme.verdict),
            }
            for theme in found.themes
        ],
    }  # fmt: skip
    n = len(found.emergent)
    told = (
        f"{counted(len(found.themes), 'theme')} in {counted(found.n_statements, 'statement')} "
        f"({found.share_unplaced:.0%} in none); {n} new, stable and said by several respondents. Covered: by "
        f"{found.covered_by}."
    )
    parts = [] if terminal.quiet or terminal.json else [_table(found)]
    terminal.result(
        *parts,
        told,
        *_codes(found),
        found.saturation_of_codes.sentence(),
        f"Page: {out / 'themes.html'}",
        data=data,
    )


def _codes(found: Found) -> list[str]:
    """A line on the codes themselves."""
    if found.codes is None:
        return []
    holding = found.codes.holding
    n_overlap = sum(pair.flagged for pair in holding.pairs)
    n_split = sum(one.halves is not None and one.halves.flagged for one in holding.codes)
    return [
        f"Codes to read again ({found.codes.by}): {n_split} may have two meanings, "
        f"{counted(n_overlap, 'pair')} may overlap, {len(holding.unused)} without statements."
    ]


def _table(found: Found) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("theme")
    for name in ("statements", "respondents", "covered", "found again"):
        table.add_column(name, justify="right")
    table.add_column("nearest code")
    decided = any(theme.verdict for theme in found.themes)
    if decided:
        table.add_column("decided")
    for theme in found.themes[:SHOWN]:
        label = Text(theme.label, style="bold cyan" if theme.emergent else "")
        table.add_row(
            label, str(theme.n_statements), str(len(theme.respondents)), f"{theme.coverage:.0%}",
            f"{theme.stability:.0%}", Text(theme.nearest_name),
            *([Text(theme.verdict.sentence() if theme.verdict else "")] if decided else []),
        )  # fmt: skip
    if len(found.themes) > SHOWN:
        table.caption = f"and {len(found.themes) - SHOWN} more"
    return table
