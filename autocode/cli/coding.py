"""`autocode code`: files or a project in, suggested codes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.terminal import Terminal, counted, shortened, terminal_of
from autocode.errors import AutocodeError, ReadError

if TYPE_CHECKING:
    from autocode.codebook import Codebook
    from autocode.config import Settings
    from autocode.pipeline import CodedTranscript
    from autocode.quotes import Quote, Tally
    from autocode.records import Role, Transcript

Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--speaker", metavar="NAME=ROLE", help="A speaker's role: interviewer, respondent or other."
    ),
]


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
        str | None, typer.Option(help="An interview guide: a file or a shipped one's name.")
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
) -> None:
    """Suggest codes for what respondents say.

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
        code_project_here(terminal, Path.cwd(), out=out, all_scores=all_scores)
        return
    if codebook is None or out is None:
        missing = "--codebook" if codebook is None else "--out"
        raise AutocodeError(f"{missing} is missing; files are coded with --codebook CODEBOOK --out DIR")
    _code_files(
        terminal, files, codebook=codebook, out=out, guide=guide, settings=settings_of(config, given),
        roles=parse_roles(speaker), all_scores=all_scores,
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
) -> None:
    from autocode.batch import code_to_files
    from autocode.pipeline import Coder

    coder = Coder(codebook, guide=guide, settings=settings)
    _check_not_overwritten(files, out)
    transcripts = read_all(terminal, files, settings=settings, roles=roles)
    tally = tally_of(coder.codebook)
    with terminal.progress("coding", len(transcripts)) as step:

        def done(transcript: CodedTranscript) -> None:
            tally.add(transcript)
            step()

        run = code_to_files(transcripts, coder, out, all_scores=all_scores, done=done)
    show_coding(terminal, coder.codebook, tally, run["counts"], where=out)


def _check_not_overwritten(files: Sequence[Path], out: Path) -> None:
    """Raise `ReadError` where the result would take the place of what is coded."""
    from autocode.write import FILES

    results = {(out / name).resolve() for name in FILES}
    for path in expand(files):
        if path.resolve() in results:
            raise ReadError(f"{path}: would be overwritten by the result; choose another folder for --out")


def read_all(
    terminal: Terminal, files: Sequence[Path], *, settings: Any, roles: Mapping[str, Role]
) -> list[Transcript]:
    """Every transcript of the files and folders, with unique ids; warnings are printed."""
    from autocode.read import read_transcripts, unknown_overrides

    known = {**settings.speakers, **roles}
    transcripts: list[Transcript] = []
    for path in expand(files):
        found = read_transcripts(path, config=settings.read, speakers=known)
        for warning, times in Counter(w for transcript in found for w in transcript.warnings).items():
            terminal.warn(f"{path}: {warning}" + (f" (in {times} transcripts)" if times > 1 else ""))
        transcripts += _with_own_ids(terminal, path, found, taken={t.id for t in transcripts})
    _check_unit_ids(transcripts)
    for name in unknown_overrides(transcripts, roles):
        raise ReadError(f"--speaker: nobody in these transcripts is called '{name}'")
    return transcripts


def _with_own_ids(
    terminal: Terminal, path: Path, found: Sequence[Transcript], *, taken: set[str]
) -> list[Transcript]:
    """The transcripts of one file, with `-2` and so on after an id that another file has `taken`."""
    used = taken | {transcript.id for transcript in found}
    named: list[Transcript] = []
    for transcript in found:
        if transcript.id in taken:
            new = next(name for n in count(2) if (name := f"{transcript.id}-{n}") not in used)
            used.add(new)
            terminal.warn(f"{path}: '{transcript.id}' is the id of another transcript; this one is '{new}'")
            named.append(replace(transcript, id=new))
        else:
            named.append(transcript)
    return named


def _check_unit_ids(transcripts: Sequence[Transcript]) -> None:
    """Raise `ReadError` where two files give the same utterance_id: what is coded could not be told apart."""
    seen: dict[str, str] = {}
    for transcript in transcripts:
        for unit_id in (turn.unit_id for turn in transcript.turns if turn.unit_id is not None):
            if unit_id in seen:
                raise ReadError(
                    f"{transcript.source}: the utterance_id '{unit_id}' is also in {seen[unit_id]}; "
                    "files whose utterances have the same ids cannot be coded together"
                )
            seen[unit_id] = transcript.source


def expand(files: Sequence[Path]) -> list[Path]:
    """Files as they were given; of a folder, the files in it that a reader knows, by name.

    Of a coded dataset's folder only its utterances are transcripts.
    """
    found: list[Path] = []
    for path in files:
        found += _inside(path) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    from autocode.read import readable

    try:
        inside = sorted(child for child in folder.iterdir() if child.is_file() and readable(child))
    except OSError as error:
        raise ReadError(f"{folder}: cannot be looked into ({(error.strerror or '').lower()})") from None
    inside = [child for child in inside if not child.name.startswith(".")]
    utterances = [child for child in inside if child.name.split(".")[0] == "utterances"]
    if not inside:
        raise ReadError(f"{folder}: no transcripts in this folder")
    return utterances[:1] or inside


def parse_roles(given: Sequence[str] | None) -> dict[str, Role]:
    """`NAME=ROLE` options as a table. Raises `AutocodeError` for what is neither."""
    roles: dict[str, Role] = {}
    for item in given or ():
        name, _, role = (part.strip() for part in item.rpartition("="))
        role = role.casefold()
        if not name or role not in ("interviewer", "respondent", "other"):
            raise AutocodeError(
                f"--speaker {item!r}: give NAME=ROLE, where ROLE is interviewer, respondent or other"
            )
        roles[name] = role  # type: ignore[assignment]
    return roles


def code_project_here(
    terminal: Terminal, folder: Path, *, out: Path | None, all_scores: bool = False, n: int = 1
) -> None:
    """Code the project that `folder` belongs to; with `out`, write all of its coding there."""
    from autocode.batch import code_project, project_coder, project_codings, write_project
    from autocode.store import open_project

    with open_project(folder, on_wait=terminal.note) as project:
        coder = project_coder(project)
        n_transcripts = len(project.store.transcripts())
        if not n_transcripts:
            raise AutocodeError(f"{project.folder}: no transcripts yet; 'autocode add FILE...' adds some")
        with terminal.progress("coding", n_transcripts) as step:
            counts = code_project(project, coder, on_wait=terminal.note, done=lambda _: step())
        if not counts["coded_now"]:
            terminal.note("Nothing to do: every transcript is coded with these settings already.")
        if out is not None:
            write_project(project, coder, out, all_scores=all_scores)
        tally = tally_of(coder.codebook, n=n)
        for coded in project_codings(project, coder):
            tally.add(coded)
        show_coding(terminal, coder.codebook, tally, counts, where=out)
        if out is None:
            terminal.note(f"Kept in {project.folder / 'autocode.db'}; write tables with --out DIR.")


def tally_of(codebook: Codebook, *, n: int = 1) -> Tally:
    """An empty tally of the codes that a summary shows: those of the second level, or of a flat list all."""
    from autocode.quotes import Tally

    depth = min(1, max(codebook.depth(code_id) for code_id in codebook.ids))
    return Tally([code_id for code_id in codebook.ids if codebook.depth(code_id) == depth], n=n)


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
        table.add_row(Text.assemble((codebook[code_id].name, "bold cyan"), f"  {number}"), "")
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
    labels = {"guide": "guide question", "question": "asked"}
    others = [
        f"{labels.get(item.kind, item.kind)}: {shortened(item.text, 100)}"
        for item in items
        if item.kind not in ("cue", "words")
    ]
    return "\n".join([f"words: {words}", *others] if words else others)
