"""What commands print with: results to stdout, everything else to stderr."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from autocode.errors import AutocodeError

if TYPE_CHECKING:
    import typer
    from rich.console import Console


class SeveralError(AutocodeError):
    """Mistakes in several places: `sentences`, each told on a line of its own."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = tuple(sentences)


class StoppedError(AutocodeError):
    """Ctrl-C, with what it left behind in a sentence."""


@contextmanager
def nothing_written() -> Iterator[None]:
    """Say so where Ctrl-C ends the block, which writes nothing that stays."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError("interrupted; nothing was written") from None


class Step(Protocol):
    """Moves a progress bar on by `n`."""

    def __call__(self, n: int = 1) -> None:
        """Count `n` more as done."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """How this command was asked to print."""

    quiet: bool = False
    json: bool = False

    @property
    def interactive(self) -> bool:
        """Is there a person who can be asked?"""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.json and not self.quiet

    def note(self, text: str) -> None:
        """A remark on what is going on; left out when quiet."""
        if not self.quiet:
            self._stderr().print(text, markup=False, highlight=False)

    def warn(self, text: str) -> None:
        """Something that the user should look at; left out when quiet."""
        if not self.quiet:
            self._stderr().print(f"warning: {text}", style="yellow", markup=False, highlight=False)

    def show(self, *parts: Any) -> None:
        """Something to look at on the way to the result."""
        console = self._stdout()
        for part in parts:
            console.print(part, markup=False, highlight=False) if isinstance(part, str) else console.print(
                part
            )

    def result(self, *parts: Any, data: Mapping[str, Any]) -> None:
        """The result: `data` as JSON if that was asked for, else `parts` (text or rich tables)."""
        if self.json:
            escape = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
            sys.stdout.write(json_module.dumps(data, ensure_ascii=escape, indent=2) + "\n")
            return
        self.show(*parts)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Step]:
        """A progress bar on stderr: shown to a person, silent when quiet or piped."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda n=1: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._stderr(), transient=True) as bar:
            task = bar.add_task(what, total=total)

            def step(n: int = 1) -> None:
                bar.advance(task, n)

            yield step

    @contextmanager
    def phase(self, what: str) -> Iterator[None]:
        """Something that takes a while and cannot be counted: a sign of life, or a note if piped."""
        if self.quiet:
            yield
        elif sys.stderr.isatty():
            with self._stderr().status(what):
                yield
        else:
            self.note(f"{what} ...")
            yield

    def _stdout(self) -> Console:
        from autocode.cli.console import PlainConsole

        return PlainConsole(file=sys.stdout, width=None if sys.stdout.isatty() else 110)

    def _stderr(self) -> Console:
        from autocode.cli.console import PlainConsole

        return PlainConsole(file=sys.stderr, soft_wrap=True)


def terminal_of(context: typer.Context) -> Terminal:
    """The terminal that the application's options made."""
    terminal = context.find_object(Terminal)
    return terminal if terminal is not None else Terminal()


def counted(n: int, noun: str) -> str:
    """`1 transcript`, `2 transcripts`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def shortened(text: str, n_chars: int) -> str:
    """`text` on one line, cut to `n_chars` with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= n_chars else flat[: n_chars - 1].rstrip() + "…"
