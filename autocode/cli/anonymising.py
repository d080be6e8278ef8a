"""`autocode anonymise`: copies of transcripts without names, and the key apart from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocode.cli.app import app
from autocode.cli.reading import read_all, warn_of
from autocode.cli.terminal import Terminal, counted, terminal_of
from autocode.errors import AnonymiseError, AutocodeError

if TYPE_CHECKING:
    from autocode.anonymise import Name, Plan
    from autocode.anonymise.files import Coded
    from autocode.anonymise.names import Kind
    from autocode.records import Transcript

OUT = "anonymous"  # in a project
SHOWN = 40  # rows of one table


@dataclass(frozen=True, slots=True)
class _Given:
    """What is to be anonymised, and where things lie."""

    transcripts: list[Transcript]
    coded: Coded | None
    originals: list[Path]
    base: Path  # where the list, the key and the copies are by default
    language: str


@app.command()
def anonymise(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Transcripts, folders of them, or a coded dataset. Without any: the project."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the copies. Needed with files; else anonymous/.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="Your list of names (.csv, .xlsx, .yaml); in a project names.csv.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The file that says who is who; kept from one time to the next.")
    ] = None,
    ner: Annotated[
        str, typer.Option(help="An installed spaCy pipeline that finds names; 'auto' or 'none'.")
    ] = "auto",
    coded: Annotated[
        bool, typer.Option("--coded", help="Also the codes, who has seen what, and the codebook.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only show; write nothing.")] = False,
    draft: Annotated[
        Path | None,
        typer.Option(
            help="A table to write the words that remain into, for you to say what each is. Stops there, "
            "unless --out or --yes is given too."
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="With files: the interviews' language.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds files.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask, even if there may be names left.")
    ] = False,
) -> None:
    """Write copies of the transcripts in which names, addresses and numbers are placeholders.

    Shows first what is replaced, and the words with a capital that may be names and remain: put those
    into your list (columns text, kind, also, placeholder), or as kind `keep`. Originals are never changed.

    In a project: `autocode anonymise`, on files: `autocode anonymise interviews/ --out anonymous`
    """
    from autocode.anonymise import anonymise, make_key, make_plan
    from autocode.anonymise.files import KEY, check_places, write_copies
    from autocode.anonymise.replace import naming
    from autocode.exchange.formats import ids_stay
    from autocode.segment.lemmas import dictionary

    terminal = terminal_of(context)
    given = _read(terminal, files or [], coded, language, out)
    place, key_path = out or given.base / OUT, key or given.base / KEY
    only_draft = draft is not None and out is None and not yes  # a step before the copies
    check_places(place, key_path, originals=given.originals, force=force or check or only_draft)
    ordinary = dictionary(given.language)
    listed = _list(names, given.base, ordinary)
    model, entities = _entities(terminal, ner, given)
    with terminal.phase("looking for names"):
        made = make_key(
            given.transcripts,
            listed=listed,
            known=_known(key_path, ordinary, given.language),
            entities=entities,
            ordinary=ordinary,
            language=given.language,
            coders=given.coded.by_coder if given.coded else (),
        )
        plan = make_plan(given.transcripts, made, ordinary=ordinary)
    data = _data(plan, model)
    codes = given.coded.codebook.ids if given.coded else ()
    if ids := naming(codes, lambda text: anonymise(text, made)):
        terminal.warn(ids_stay(ids))
    if not (terminal.quiet or terminal.json):
        _show(terminal, plan)
    if draft is not None:
        _draft(plan, draft)
    if check or only_draft:
        drafted = [f"Words to look at: {draft}"] if draft is not None else []
        data |= {"draft": str(draft)} if draft is not None else {}
        terminal.result(_told(plan), *drafted, data={**data, "written": None})
        return
    _confirm(terminal, plan, place, len(given.transcripts), yes=yes)
    written = write_copies(given.transcripts, made, place, key_path=key_path, coded=given.coded)
    terminal.result(
        f"{counted(len(written), 'file')} written to {place}. {_told(plan)}",
        f"The key is {key_path}: keep it apart from the copies.",
        data={**data, "written": str(place), "files": written, "key": str(key_path)},
    )


def _read(
    terminal: Terminal, files: Sequence[Path], coded: bool, language: str | None, out: Path | None
) -> _Given:
    from autocode.anonymise.files import coded_dataset, coded_project
    from autocode.config import Settings, read_settings
    from autocode.store import open_project

    if not files:
        if language:
            raise AutocodeError("in a project, the language comes from its settings; leave --language out")
        with open_project(Path.cwd(), on_wait=terminal.note) as project:
            settings = read_settings(project.settings_path)
            transcripts = [project.store.transcript(one.id) for one in project.store.transcripts()]
            if not transcripts:
                raise AutocodeError(f"{project.folder}: there are no transcripts; run 'autocode add' first")
            originals = [project.settings_path, project.transcripts_path / "any"]
            found = coded_project(project) if coded else None
            for note in found.notes if found else ():
                terminal.warn(note)
            return _Given(transcripts, found, originals, project.folder, settings.segment.language)
    if out is None:
        raise AutocodeError("--out is missing; copies of files are written with --out DIR")
    language = language or Settings().segment.language
    base = out.absolute().parent
    if coded:
        from autocode.dataset import read_dataset

        if len(files) > 1:
            raise AutocodeError("--coded: give one folder with a coded dataset")
        dataset = read_dataset(files[0])
        for warning in dataset.warnings:
            terminal.warn(warning)
        return _Given(list(dataset.transcripts), coded_dataset(dataset), [files[0] / "any"], base, language)
    loaded = read_all(terminal, files, settings=Settings(), roles={})
    warn_of(terminal, loaded)
    return _Given([one.transcript for one in loaded], None, [one.path for one in loaded], base, language)


def _list(names: Path | None, base: Path, ordinary: Callable[[str], bool]) -> tuple[Name, ...]:
    from autocode.anonymise import read_names
    from autocode.anonymise.files import find_list

    path = names or find_list(base)
    return read_names(path, ordinary=ordinary) if path else ()


def _known(path: Path, ordinary: Callable[[str], bool], language: str) -> Any:
    from autocode.anonymise import read_key

    return read_key(path, ordinary=ordinary, language=language) if path.is_file() else None


def _entities(terminal: Terminal, ner: str, given: _Given) -> tuple[str | None, dict[str, Kind]]:
    """The pipeline that was used, and the names that it found: each with the kind it has most often."""
    from autocode.segment.entities import find_entities, installed_recogniser

    model = installed_recogniser(given.language) if ner == "auto" else None if ner == "none" else ner
    if model is None:
        return None, {}
    texts = [turn.text for one in given.transcripts for turn in one.turns]
    kinds: dict[str, Counter[Kind]] = {}
    with terminal.progress(f"looking for names with {model}", len(texts)) as step:
        for found in find_entities(texts, model):
            for entity in found:
                kinds.setdefault(_bare(entity.text), Counter())[entity.kind] += 1
            step()
    return model, {text: times.most_common(1)[0][0] for text, times in kinds.items() if text}


def _bare(text: str) -> str:
    """A name without the article and the possessive that models take along."""
    words = text.split()
    words = words[1:] if words and words[0].lower() == "the" else words
    return " ".join(words).removesuffix("'s").removesuffix("’s").strip(" .,;:!?\"'“”()[]")


def _draft(plan: Plan, path: Path) -> None:
    """The words that remain as rows of a list without kinds, the most frequent first."""
    from autocode.anonymise.names import COLUMNS
    from autocode.files import write_private
    from autocode.write import write_rows

    if path.exists():
        raise AnonymiseError(f"{path}: is there already; give the draft another name")
    with write_private(path) as file:
        write_rows(file, [COLUMNS, *((one.text, "", "", "", "") for one in plan.remaining)])


def _confirm(terminal: Terminal, plan: Plan, place: Path, n: int, *, yes: bool) -> None:
    """Ask; where nobody can be asked, names that may be left need `--yes`."""
    if yes:
        return
    if terminal.interactive:
        typer.confirm(f"Write {counted(n, 'copy').replace('copys', 'copies')} to {place}?", abort=True)
    elif plan.remaining or plan.left_small:
        n_left = len(plan.remaining) + len(plan.left_small)
        raise AnonymiseError(
            f"{counted(n_left, 'word')} that may be names would remain, so "
            "nothing was written; --check lists them for your list of names, --yes writes all the same"
        )


def _show(terminal: Terminal, plan: Plan) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Replaced", title_justify="left")
    for column in ("name", "becomes", "known from"):
        table.add_column(column)
    for column in ("times", "interviews"):
        table.add_column(column, justify="right")
    for name, n in list(plan.n_replaced.items())[:SHOWN]:
        table.add_row(
            Text(", ".join(name.spellings)), Text(f"[{name.placeholder}]"), name.found_by, str(n),
            str(plan.n_interviews[name]),
        )  # fmt: skip
    if len(plan.n_replaced) > SHOWN:
        table.add_row(f"and {len(plan.n_replaced) - SHOWN} more", "", "", "", "")
    rest = Table(title="Not replaced: are these names?", title_justify="left")
    rest.add_column("word")
    for column in ("times", "inside sentences"):
        rest.add_column(column, justify="right")
    rest.add_column("first in")
    for one in plan.remaining[:SHOWN]:
        where, turn = one.places[0]
        rest.add_row(Text(one.text), str(one.n), str(one.inside), Text(f"{where}, turn {turn + 1}"))
    if len(plan.remaining) > SHOWN:
        rest.add_row(f"and {len(plan.remaining) - SHOWN} more", "", "", "--json lists all")
    terminal.show(*([table] if plan.n_replaced else []), *([rest] if plan.remaining else []))
    for word, n in plan.left_small.items():
        terminal.show(
            f"“{word.lower()}” in small letters stays ({n} times); case: any in the list replaces it."
        )


def _told(plan: Plan) -> str:
    n = sum(plan.n_replaced.values())
    told = f"{counted(len(plan.n_replaced), 'name')} replaced in {counted(n, 'place')}"
    if not plan.remaining:
        return f"{told}; no word with a capital remains that may be a name."
    return f"{told}; {counted(len(plan.remaining), 'word')} with a capital may be names and remain."


def _data(plan: Plan, model: str | None) -> dict[str, Any]:
    return {
        "replaced": [
            {"placeholder": name.placeholder, "kind": name.kind, "known_from": name.found_by,
             "times": n, "interviews": plan.n_interviews[name]}
            for name, n in plan.n_replaced.items()
        ],
        "remaining": [
            {"text": one.text, "times": one.n, "inside_sentences": one.inside,
             "places": [{"transcript_id": id, "turn": turn} for id, turn in one.places]}
            for one in plan.remaining
        ],
        "left_in_small_letters": dict(plan.left_small),
        "ner": model,
    }  # fmt: skip
