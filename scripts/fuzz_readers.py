"""Does a damaged file ever do more than end in one clear sentence? Every reader, on damaged samples.

    python scripts/fuzz_readers.py [--seconds 60] [--seed 1] [--only NAME ...] [--out FOLDER]
    python scripts/fuzz_readers.py --replay qualcoder 1234 [--seed 1]

A finding is anything but a result or an `AutocodeError`: another exception, more than 5 s of processor time,
more than 300 MB of memory, a result that cannot be stored. The file that shows it is saved under `--out`; the
same seed and number make it again. A project that is read is also planned, stored, and written as REFI-QDA.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType

import fuzz_mutations
import fuzz_samples

from autocode.codebook import read_codebook
from autocode.errors import AutocodeError
from autocode.exchange import (
    as_refi,
    gather,
    import_answers,
    import_plan,
    plan_answers,
    plan_import,
    read_answers,
    read_project,
    refi_bytes,
)
from autocode.exchange.formats import FORMATS
from autocode.read import READERS, preview, read_transcripts
from autocode.records import Transcript
from autocode.store import create_project, open_project

PATIENCE_S = 5.0  # of the processor's time
PATIENCE_PDF_S = 100.0  # the reader's own limit is 90 s, in a process of its own
DEAD_S = 1800  # by the clock: whatever waits for something that never comes
MOST_MEMORY = 300_000_000
MOST_LETTERS = 4100  # of a message
_STATUS = Path("/proc/self/status")


class TooSlow(BaseException):
    """Raised in the middle of whatever takes too long."""


@dataclass
class Tally:
    """What came of one reader's files."""

    seconds: float = 0.0  # of the processor's time
    n: int = 0
    n_read: int = 0
    findings: list[str] = field(default_factory=list)


def check_transcripts(name: str, path: Path) -> None:
    """Read the transcripts of a file, and hold them to what every reader promises."""
    for transcript in read_transcripts(path, format=None if READERS[name].fits else name):
        _check(transcript)
        preview(transcript)


def _check(transcript: Transcript) -> None:
    transcript.text.encode()
    at = 0
    for turn in transcript.turns:
        if not (at <= turn.start_char < turn.end_char <= len(transcript.text)):
            raise ValueError("turns overlap, or lie outside of the text")
        if transcript.text[turn.start_char : turn.end_char] != turn.text:
            raise ValueError("a turn is no slice of the text")
        turn.speaker.encode()
        json.dumps(dict(turn.meta), allow_nan=False).encode()
        for second in (turn.start_s, turn.end_s):
            if second is not None and not 0 <= second <= 1e7:
                raise ValueError(f"a turn at {second} s")
        at = turn.end_char
    json.dumps(dict(transcript.meta), allow_nan=False).encode()


def check_project(pattern: Path, path: Path) -> None:
    """Read a project, plan it, store it in a fresh one, and write it as REFI-QDA."""
    with _fresh(pattern) as folder, open_project(folder) as project:
        plan = plan_import(project, read_project(path, transcripts=project.store.every_transcript))
        import_plan(project, plan)
        refi_bytes(as_refi(gather(project, FORMATS["refi-qda"].choice())))


def check_answers(pattern: Path, path: Path) -> None:
    """Read answers, plan them, and store them in a fresh project."""
    with _fresh(pattern) as folder, open_project(folder) as project:
        answers = read_answers(path)
        plan = plan_answers(
            project, answers, coders={one: f"coder {n}" for n, one in enumerate(answers.coders)}
        )
        import_answers(project, plan)


@contextmanager
def _fresh(pattern: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        shutil.copytree(pattern, folder)
        yield folder


def checks(pattern: Path) -> Mapping[str, Callable[[Path], object]]:
    """What is done with a damaged file, by reader or importer."""
    projects = ("refi-qda", "qualcoder", "taguette", "segments", "segments-pdf", "codebook")
    return {
        **{name: partial(check_transcripts, name) for name in READERS},
        **{name: partial(check_project, pattern) for name in projects},
        "codebook-yaml": read_codebook,
        **{name: partial(check_answers, pattern) for name in ("label-studio", "argilla", "prodigy")},
    }


def make_pattern(folder: Path) -> Path:
    """A project with one transcript that is cut into utterances: what imports go into."""
    source = folder / "a.txt"
    source.write_text(fuzz_samples.TEXT, encoding="utf-8")
    with create_project(
        folder / "pattern", settings_toml="", codebook_yaml=fuzz_samples.CODEBOOK_YAML, guide_yaml=""
    ) as project:
        rows = folder / "a.jsonl"
        rows.write_bytes(fuzz_samples.made()["prodigy"][0][1])
        tasks = folder / "a.csv"
        tasks.write_text(fuzz_samples.SEGMENTS_CSV, encoding="utf-8")
        project.store.add_transcript(read_transcripts(source)[0])
        import_plan(
            project, plan_import(project, read_project(tasks, transcripts=project.store.every_transcript))
        )
    return folder / "pattern"


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow


def _spent() -> float:
    """The processor's seconds so far, those of PDF's own processes too."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _memory(key: str) -> int:
    found = re.search(rf"{key}:\s*(\d+)", _STATUS.read_text())
    return int(found[1]) * 1024 if found else 0


def problem_with(check: Callable[[Path], object], path: Path, patience: float) -> tuple[str, str] | None:
    """What went wrong, in short and as a whole; None for a result. An `AutocodeError` is passed on."""
    gc.collect(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = _memory("VmRSS")
    signal.setitimer(signal.ITIMER_PROF, patience)
    faulthandler.dump_traceback_later(DEAD_S, exit=True)
    try:
        check(path)
    except AutocodeError as error:
        message = str(error)
        if len(message) > MOST_LETTERS:
            return "a message that is too long", repr(message[:3000])
        raise
    except TooSlow:
        return f"more than {patience:g} s", traceback.format_exc()
    except Exception as error:  # noqa: BLE001 - what is looked for
        return _signature(error), traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
    grown = _memory("VmHWM") - before
    return ("too much memory", f"{grown / 1e6:.0f} MB") if grown > MOST_MEMORY else None


def _signature(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "/autocode/" in one.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


@dataclass(frozen=True)
class Fuzzer:
    """One reader with its samples."""

    name: str
    check: Callable[[Path], object]
    samples: list[tuple[str, bytes]]
    seed: int

    def file(self, number: int, folder: Path) -> Path:
        """Write the damaged file of this number."""
        random = Random(f"{self.seed} {self.name} {number}")
        title, data = random.choice(self.samples)
        path = folder / title
        path.write_bytes(fuzz_mutations.damaged(random, data, [content for _, content in self.samples]))
        return path

    def run(self, seconds: float, out: Path) -> Tally:
        """Try damaged files for so many seconds; save what shows something new."""
        tally = Tally()
        patience = PATIENCE_PDF_S if "pdf" in self.name else PATIENCE_S
        began = _spent()
        while tally.seconds < seconds:
            with tempfile.TemporaryDirectory() as place:
                path = self.file(tally.n, Path(place))
                try:
                    found = problem_with(self.check, path, patience)
                    tally.n_read += found is None
                except AutocodeError:
                    found = None
                tally.seconds = _spent() - began
                if found is not None and found[0] not in tally.findings:
                    tally.findings.append(found[0])
                    kept = out / f"{self.name}-{self.seed}-{tally.n}{path.suffix}"
                    shutil.copy(path, kept)
                    kept.with_name(kept.name + ".why").write_text(found[1])
                    print(f"{self.name} {tally.n} (seed {self.seed}): {found[0]}", flush=True)
            tally.n += 1
        return tally


def main() -> int:
    """Run; 1 where anything was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--samples", type=Path, default=Path("../shared/formats"))
    parser.add_argument("--out", type=Path, default=Path("findings"))
    parser.add_argument("--replay", nargs=2, metavar=("NAME", "NUMBER"))
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _stop)
    given.out.mkdir(parents=True, exist_ok=True)
    samples = fuzz_samples.made()
    for name, more in fuzz_samples.of_folder(given.samples).items():
        samples.setdefault(name, []).extend(more)
    with tempfile.TemporaryDirectory() as place:
        known = checks(make_pattern(Path(place)))
        fuzzers = {name: Fuzzer(name, check, samples[name], given.seed) for name, check in known.items()}
        if given.replay:
            one = fuzzers[given.replay[0]]
            one.check(one.file(int(given.replay[1]), given.out))
            return 0
        n_found = 0
        for name in given.only or fuzzers:
            tally = fuzzers[name].run(given.seconds, given.out)
            n_found += len(tally.findings)
            print(
                f"{name:16} {tally.seconds:6.0f} s  {tally.n:7,} files, {tally.n_read:6,} read, "
                f"{tally.n - tally.n_read:6,} refused, {len(tally.findings)} findings", flush=True,
            )  # fmt: skip
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
