"""`autocode code`: files or a project in, suggested codes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.adding import not_added, tell_of_files
from autocode.cli.app import app
from autocode.cli.learning import Confidence, Coverage, HumanCodes, Labels, TargetError, learn_from
from autocode.cli.reading import Roles, parse_roles, read_all, warn_of
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of
from autocode.errors import AutocodeError, ReadError

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.config import Settings
    from autocode.pipeline import CodedTranscript, Coder
    from autocode.quotes import Quote, Tally
    from autocode.records import Role
    from autocode.store import Project

PREPARING = "preparing the codebook and the encoder"
COUNTS = ("transcripts", "utterances", "codable", "suggestions", "utterances_with_suggestions")
SETTING_OF = {
    "unit": ("segment", "unit"),
    "language": ("segment", "language"),
    "encoder": ("embed", "encoder"),
    "seed": ("", "seed"),
}


@app.command()
def code(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Transcripts, or folders of them. Without any: the project in this folder."),
    ] = None,
    codebook: Annotated[
        str | None, typer.Option(help="A codebook file, or the name of a shipped one. Needed with files.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder for the result. Needed with files.")] = None,
    guide: Annotated[
        str | None, typer.Option(help="An interview guide: a file, a shipped one's name, or 'none'.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="What is coded: turn, sentence, unit or auto.")] = None,
    language: Annotated[str | None, typer.Option(help="The interviews' language, as in en, nb, de.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="default, hashing, or a sentence-transformers model.")
    ] = None,
    speaker: Roles = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML) over the defaults.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same result.")] = None,
    all_scores: Annotated[bool, typer.Option("--all-scores", help="List every code's score.")] = False,
    labels: Labels = None,
    coverage: Coverage = None,
    model: Annotated[Path | None, typer.Option(help="A model that 'autocode train --out' made.")] = None,
    target_error: TargetError = None,
    confidence: Confidence = 0.95,
) -> None:
    """Suggest codes for what respondents say; with `--labels`, learn from human codes first.

    On files: `autocode code interview.vtt --codebook knowledge_dynamics --out coding`

    In a project: `autocode code`, which goes on where the last run stopped.
    """
    terminal = terminal_of(context)
    options = {"unit": unit, "language": language, "encoder": encoder, "seed": seed}
    given = {name: value for name, value in options.items() if value is not None}
    if not files:
        if codebook or guide or config or given or speaker:
            raise AutocodeError(
                "in a project, codebook, guide, roles and settings come from its own files; "
                "name transcripts to code files instead"
            )
        if labels or coverage or model or target_error is not None:
            raise AutocodeError(
                "in a project, 'autocode train' learns from human codes; then run 'autocode code'"
            )
        code_project_here(terminal, Path.cwd(), out=out, all_scores=all_scores)
        return
    if codebook is None or out is None:
        missing = "--codebook" if codebook is None else "--out"
        raise AutocodeError(f"{missing} is missing; files are coded with --codebook CODEBOOK --out DIR")
    human = HumanCodes(labels, coverage, model, target_error, confidence)
    _code_files(
        terminal, files, codebook=codebook, out=out, guide=guide, settings=settings_of(config, given),
        roles=parse_roles(speaker), all_scores=all_scores, human=human,
    )  # fmt: skip


def settings_of(config: Path | None, options: Mapping[str, Any]) -> Settings:
    """The settings of a file, with options such as {"unit": "turn"} over them; errors say which is wrong."""
    from autocode.config import parse_settings, read_settings

    settings = read_settings(config)
    for name, value in options.items():
        values = settings.model_dump()
        section, key = SETTING_OF[name]
        (values[section] if section else values)[key] = value
        settings = parse_settings(values, where=f"--{name}")
    return settings


def _code_files(
    terminal: Terminal,
    files: Sequence[Path],
    *,
    codebook: str,
    out: Path,
    guide: str | None,
    settings: Settings,
    roles: Mapping[str, Role],
    all_scores: bool,
    human: HumanCodes,
) -> None:
    from autocode.batch import check_place, code_to_files, tell_unknown
    from autocode.embed import check_encoder
    from autocode.pipeline import Coder

    human.check()
    coder = Coder(codebook, guide=None if guide == "none" else guide, settings=settings)
    check_encoder(settings.embed)
    loaded = read_all(terminal, files, settings=settings, roles=roles)
    _check_not_overwritten((one.path for one in loaded), out)
    check_place(out)
    warn_of(terminal, loaded)
    transcripts = [one.transcript for one in loaded]
    tell_unknown(settings.speakers, [name for one in transcripts for name in one.speakers], terminal.warn)
    warn_of_codebook(terminal, coder)
    with terminal.phase(PREPARING):
        _ = coder.scorer  # loads the encoder and embeds the codebook
    learn_from(terminal, coder, transcripts, human)
    tally = tally_of(coder.codebook)
    with terminal.progress("coding", len(transcripts)) as step:

        def done(transcript: CodedTranscript) -> None:
            tally.add(transcript)
            step()

        run = code_to_files(
            transcripts, coder, out, all_scores=all_scores, learnt_from=human.described(), done=done,
            on_skip=terminal.warn,
        )  # fmt: skip
    now = {"coded_now": tally.n_transcripts, "coded_before": 0}
    left_out = len(transcripts) - tally.n_transcripts
    show_coding(terminal, coder.codebook, tally, {**run["counts"], **now, "left_out": left_out}, where=out)


def warn_of_codebook(terminal: Terminal, coder: Coder) -> None:
    """Say what of the codebook is not used, and where it or the encoder is in another language."""
    from autocode.segment.language import codebook_language_warning, encoder_language_warning

    language = coder.settings.segment.language
    is_default = coder.settings.embed.encoder == "default"
    doubts = (
        *coder.codebook.warnings,
        codebook_language_warning(coder.codebook.language, language),
        encoder_language_warning(language) if is_default else None,
    )
    for doubt in doubts:
        if doubt is not None:
            terminal.warn(doubt)


def _check_not_overwritten(paths: Iterable[Path], out: Path) -> None:
    """Raise `ReadError` where the result would take the place of what is coded."""
    from autocode.write import FILES

    results = {(out / name).resolve() for name in FILES}
    for path in paths:
        if path.resolve() in results:
            raise ReadError(f"{path}: would be overwritten by the result; choose another folder for --out")


def coder_of(terminal: Terminal, project: Project) -> Coder:
    """The project's coder; a trained model that does not fit is left aside, with a warning."""
    from autocode.batch import project_coder
    from autocode.training import usable_model

    coder = project_coder(project, with_model=False)
    model, problem = usable_model(project.model_path, coder)
    if model is not None:
        coder.use(model)
    elif problem:
        terminal.warn(problem)
    return coder


def code_project_here(
    terminal: Terminal, folder: Path, *, out: Path | None, all_scores: bool = False, n: int = 1
) -> None:
    """Code the project that `folder` belongs to; with `out`, write all of its coding there."""
    from autocode.batch import check_place, write_project
    from autocode.embed import check_encoder
    from autocode.store import ReviewStore, open_project

    if out is not None:
        check_place(out)
    with open_project(folder, on_wait=terminal.note) as project:
        coder = coder_of(terminal, project)
        ids = {one.id for one in project.store.transcripts()}
        forgotten = tell_of_files(not_added(project), project.transcripts_path, ids)
        n_transcripts = len(ids)
        if not n_transcripts:
            what_to_do = forgotten or "'autocode add FILE...' adds some"
            raise AutocodeError(f"{project.folder}: no transcripts yet; {what_to_do}")
        if forgotten:
            terminal.note(forgotten)
        check_encoder(coder.settings.embed)
        warn_of_codebook(terminal, coder)
        people = ReviewStore(project.store)
        left_behind = people.n_of_earlier_cuts()
        counts = code_new(terminal, project, coder, n_transcripts)
        if (n_behind := people.n_of_earlier_cuts()) > left_behind:
            terminal.warn(
                "the transcripts are cut into other statements now: "
                f"{counted(n_behind, 'finished statement')} of an earlier cut keep their decisions, but are "
                "not shown or counted with the new ones"
            )
        if not counts["coded_now"]:
            terminal.note("Nothing to do: every transcript is coded with these settings already.")
        if out is not None:
            write_project(project, coder, out, all_scores=all_scores)
        tally, totals = _all_of(project, coder, n=n)
        now = {name: counts[name] for name in ("coded_now", "coded_before")}
        left_out = n_transcripts - tally.n_transcripts
        show_coding(terminal, coder.codebook, tally, {**totals, **now, "left_out": left_out}, where=out)
        if out is None:
            terminal.note(f"Kept in {project.folder / 'autocode.db'}; write tables with --out DIR.")


def code_new(terminal: Terminal, project: Project, coder: Coder, n_transcripts: int) -> dict[str, int]:
    """Code what is not coded yet; how many transcripts that was."""
    from autocode.batch import code_project

    with terminal.phase(PREPARING):
        if len(project.store.done(coder.run_key)) < n_transcripts:
            _ = coder.scorer  # loads the encoder and embeds the codebook
    with terminal.progress("coding", n_transcripts) as step:
        return code_project(
            project, coder, on_wait=terminal.note, on_skip=terminal.warn, done=lambda _: step()
        )


def _all_of(project: Project, coder: Coder, *, n: int) -> tuple[Tally, dict[str, int]]:
    """The strongest statements and the counts of all that the project holds of this coder's codings."""
    from autocode.batch import count, project_codings

    tally, totals = tally_of(coder.codebook, n=n), Counter(dict.fromkeys(COUNTS, 0))
    for coded in project_codings(project, coder):
        tally.add(coded)
        totals.update(count(coded))
    return tally, dict(totals)


def tally_of(codebook: Codebook, *, n: int = 1) -> Tally:
    """An empty tally of the codes that a summary shows: the second level, and what has no second level."""
    from autocode.quotes import Tally

    shown = [
        code_id
        for code_id in codebook.ids
        if codebook.depth(code_id) == 1 or (codebook.depth(code_id) == 0 and not codebook.children(code_id))
    ]
    return Tally(shown, n=n)


def show_coding(
    terminal: Terminal, codebook: Codebook, tally: Tally, counts: Mapping[str, int], *, where: Path | None
) -> None:
    """The strongest statements of each theme, the counts, and where the files are."""
    quotes = tally.strongest()
    data: dict[str, Any] = {
        "counts": dict(counts),
        "codes": [
            {
                "code": code_id,
                "n_suggested": tally.n_suggested[code_id],
                "strongest": [_quote(q) for q in best],
            }
            for code_id, best in quotes.items()
        ],
        "out": str(where) if where else None,
    }
    summary = (
        f"{counted(tally.n_transcripts, 'transcript')}, {counted(tally.n_codable, 'codable utterance')}, "
        f"{tally.n_with_suggestion} with a suggested code."
    )
    parts = [] if terminal.quiet or terminal.json else [_table(codebook, quotes, tally.n_suggested)]
    files = [f"Tables: {where / 'suggestions.csv'}, {where / 'suggestions.jsonl'}"] if where else []
    terminal.result(*parts, summary, *files, data=data)


def _quote(quote: Quote) -> dict[str, Any]:
    score = round(quote.suggestion.score, 4)
    return {"utterance_id": quote.utterance.id, "score": score, "text": quote.utterance.text}


def _table(codebook: Codebook, quotes: Mapping[str, Sequence[Quote]], total: Mapping[str, int]) -> Any:
    """One block a code: its name, then statements on the left and what speaks for them on the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, expand=True)
    table.add_column("Code, and its strongest statements", ratio=5)
    table.add_column("Why", ratio=4, style="dim")
    for code_id, best in quotes.items():
        number = f"{total[code_id]} suggested" if total[code_id] else "none suggested"
        table.add_row(Text.assemble((codebook.short_path(code_id), "bold cyan"), f"  {number}"), "")
        for quote in best:
            who = f"{quote.utterance.speaker} in {quote.utterance.id}, score {quote.suggestion.score:.2f}"
            said = Text.assemble(f"“{' '.join(quote.utterance.text.split())}”", (f"\n{who}", "dim"))
            table.add_row(said, Text(_evidence(quote.suggestion.evidence)))
            table.add_row("", "")
    return table


def _evidence(evidence: Iterable[Any]) -> str:
    """The words together, then one line for each other reason."""
    items = list(evidence)
    words = ", ".join(f"“{item.text}”" for item in items if item.kind in ("cue", "words"))
    labels = {"guide": "guide question", "question": "asked", "sentence": "sentence that says most"}
    others = [
        f"{labels.get(item.kind, item.kind)}: {shortened(item.text, 100)}"
        for item in items
        if item.kind not in ("cue", "words")
    ]
    return "\n".join([f"words: {words}", *others] if words else others)
