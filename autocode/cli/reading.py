"""From the files and folders of a command to transcripts: all of them, or all that is wrong with them."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import glob
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocode.cli.terminal import SeveralError, Terminal, counted
from autocode.errors import AutocodeError, ReadError

if TYPE_CHECKING:
    from autocode.config import Settings
    from autocode.records import Role, Transcript

WINDOWS = os.name == "nt"
HIDDEN = (".", "~$")  # how files begin that nobody means; the second is Word's mark of an open document
OWN_PAGE = "page"  # among what is skipped: a report
BESIDE = "file"  # among what is skipped: what lies beside a dataset's utterances
OF_KIND = {OWN_PAGE: " that autocode wrote", BESIDE: " beside the utterances, which alone are read"}
OF_DATASET = {"utterances", "codes", "coverage", "codebook", "suggestions", "run"}
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--speaker", metavar="NAME=ROLE", help="A speaker's role: interviewer, respondent or other."
    ),
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A transcript and the file that it comes from, as the user named it."""

    path: Path
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Expanded:
    """What the files and folders of a command come to."""

    files: dict[Path, None] = field(default_factory=dict)  # an ordered set
    skipped: Counter[str] = field(default_factory=Counter)  # ".pdf" or "folder": how many in the folders
    problems: list[str] = field(default_factory=list)


def read_all(
    terminal: Terminal, files: Sequence[Path], *, settings: Settings, roles: Mapping[str, Role]
) -> list[Loaded]:
    """Every transcript of the files and folders, with unique ids; what was skipped in folders is noted.

    Raises `ReadError`, or `SeveralError` with one sentence for each file that cannot be read.
    """
    from autocode.read import read_transcripts, unknown_overrides

    expanded, loaded = expand(files), list[Loaded]()
    problems, known = list(expanded.problems), {**settings.speakers, **roles}
    for path in expanded.files:
        try:
            found = [
                _with_language_doubt(one, settings.segment.language)
                for one in read_transcripts(path, config=settings.read, speakers=known)
            ]
        except ReadError as error:
            problems.append(str(error))
        else:
            loaded += _with_own_ids(terminal, path, found, taken={one.transcript.id for one in loaded})
    problems += _repeated_unit_ids(loaded)
    if not problems:
        unknown = unknown_overrides([one.transcript for one in loaded], roles)
        problems += [f"--speaker: nobody in these transcripts is called '{name}'" for name in unknown]
    if expanded.skipped:
        terminal.note(skipped_note(expanded.skipped))
    raise_problems(problems)
    return loaded


def _with_language_doubt(transcript: Transcript, language: str) -> Transcript:
    """The transcript, with a warning if it looks to be in another language than `language`."""
    from autocode.segment.language import language_warning

    warning = language_warning(transcript.text, language)
    return transcript if warning is None else replace(transcript, warnings=(*transcript.warnings, warning))


def raise_problems(problems: Sequence[str]) -> None:
    """Raise `ReadError` for one problem, `SeveralError` for more."""
    if len(problems) == 1:
        raise ReadError(problems[0])
    if problems:
        raise SeveralError(problems)


def warn_of(terminal: Terminal, loaded: Iterable[Loaded]) -> None:
    """Print the warnings of the transcripts, those of one file that say the same once."""
    warnings = Counter((one.path, warning) for one in loaded for warning in one.transcript.warnings)
    for (path, warning), times in warnings.items():
        terminal.warn(f"{path}: {warning}" + (f" (in {times} transcripts)" if times > 1 else ""))


def _with_own_ids(
    terminal: Terminal, path: Path, found: Sequence[Transcript], *, taken: set[str]
) -> list[Loaded]:
    """The transcripts of one file, with `-2` and so on after an id that another file has `taken`."""
    used = taken | {transcript.id for transcript in found}
    named: list[Loaded] = []
    for transcript in found:
        if transcript.id in taken:
            new = next(name for n in count(2) if (name := f"{transcript.id}-{n}") not in used)
            used.add(new)
            terminal.warn(f"{path}: '{transcript.id}' is the id of another transcript; this one is '{new}'")
            named.append(Loaded(path, replace(transcript, id=new)))
        else:
            named.append(Loaded(path, transcript))
    return named


def _repeated_unit_ids(loaded: Sequence[Loaded]) -> list[str]:
    """A sentence on each file with an utterance_id of another one: what is coded could not be told apart."""
    seen: dict[str, Path] = {}
    problems: dict[tuple[Path, Path], str] = {}
    for one in loaded:
        for unit_id in (turn.unit_id for turn in one.transcript.turns if turn.unit_id is not None):
            first = seen.setdefault(unit_id, one.path)
            if first != one.path:
                problems.setdefault(
                    (first, one.path),
                    f"{one.path}: the utterance_id '{unit_id}' is also in {first}; "
                    "files whose utterances have the same ids cannot be coded together",
                )
    return list(problems.values())


def expand(files: Sequence[Path]) -> Expanded:
    """Files as they were given, each once; of a folder, the files in it that a reader knows, by name.

    Of a coded dataset's folder only its utterances are transcripts.
    """
    found, places = Expanded(), set[Path]()
    for path in (one for pattern in files for one in _meant(pattern)):
        try:
            for file in _inside(path, found.skipped) if _is_folder(path) else [path]:
                place = _resolved(file)
                if place not in places:
                    places.add(place)
                    found.files[file] = None
        except ReadError as error:
            found.problems.append(str(error))
    return found


def _resolved(path: Path) -> Path:
    """Where a file is, by whichever name; what cannot be looked at stays as it was named."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, or a null character
        return path


def _meant(path: Path) -> list[Path]:
    """The files that a pattern such as `interviews/*.docx` means where the shell does not say: on Windows."""
    if not WINDOWS or path.exists() or not any(sign in str(path) for sign in "*?["):
        return [path]
    return sorted(map(Path, glob(str(path)))) or [path]


def _is_folder(path: Path) -> bool:
    """Raises `ReadError` where one may not look; what is not there is no folder."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except PermissionError as error:
        raise ReadError(f"{path}: cannot be looked at ({(error.strerror or '').lower()})") from None
    except (OSError, ValueError):  # ValueError: a null character; the reader says what is wrong
        return False


def _inside(folder: Path, skipped: Counter[str]) -> list[Path]:
    from autocode.read import readable
    from autocode.write import is_own_page

    inside: list[Path] = []
    try:
        for child in sorted(folder.iterdir()):
            if child.name.startswith(HIDDEN):
                continue
            if child.is_file() and is_own_page(child):
                skipped[OWN_PAGE] += 1
            elif child.is_file() and readable(child):
                inside.append(child)
            else:
                skipped["folder" if child.is_dir() else child.suffix.lower() or "file without suffix"] += 1
    except OSError as error:
        raise ReadError(f"{folder}: cannot be looked into ({(error.strerror or '').lower()})") from None
    if not inside:
        raise ReadError(f"{folder}: no transcripts in this folder")
    utterances = [child for child in inside if child.name.split(".")[0] == "utterances"]
    if not utterances:
        return inside
    others = [child for child in inside if child.name.split(".")[0] not in OF_DATASET]
    if others:
        skipped[BESIDE] += len(others)
    return utterances[:1]


def skipped_note(skipped: Mapping[str, int]) -> str:
    """`skipped: 1 .pdf, 2 folders`, and what to do about files that a word processor could save anew."""
    parts = [
        f"{n} {kind}" if kind.startswith(".") else _counted(n, kind) + OF_KIND.get(kind, "")
        for kind, n in sorted(skipped.items())
    ]
    convertible = [kind for kind in (".doc", ".pages", ".wps", ".epub") if kind in skipped]
    advice = f"; save {' and '.join(convertible)} as .docx to have them read" if convertible else ""
    inner = "; name a folder itself to read what is in it" if "folder" in skipped else ""
    return f"skipped: {', '.join(parts)}{advice}{inner}"


def _counted(n: int, kind: str) -> str:
    """`1 folder`, `2 files without suffix`."""
    noun, space, rest = kind.partition(" ")
    return f"{counted(n, noun)}{space}{rest}"


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
