"""The project's themes as its pages see them: as they were last found, with what was decided on them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from autocode.themes import read_themes
from autocode.themes.decided import matched, verdict_of, with_verdicts
from autocode.themes.project import FOLDER, N_RUNS, work

if TYPE_CHECKING:
    from autocode.store import ThemeDecision
    from autocode.themes import Theme
    from autocode.themes.files import Stored
    from autocode.web.state import Review


@dataclass(frozen=True, slots=True)
class Themed:
    """The themes with what was decided on them, in the order in which to read them."""

    run: str  # tells this result from others
    themes: tuple[Theme, ...]
    decisions: Mapping[int, ThemeDecision]  # by the theme's id
    key_of: Mapping[str, int]  # of statements that are still there as they were, by the utterance's id
    stored: Stored

    def __getitem__(self, id: int) -> Theme | None:
        return next((theme for theme in self.themes if theme.id == id), None)


class Themes:
    """Reads what `autocode themes` wrote, and finds themes anew in a process of its own."""

    def __init__(self, review: Review) -> None:
        self._review, self._lock = review, threading.Lock()
        self._known: tuple[object, Stored, dict[str, int]] | None = None
        self._process: Any = None
        self._hears: Any = None
        self.n_steps, self.problem = 0, ""

    def now(self) -> Themed | None:
        """None: none have been found yet. Raises `ThemesError` for damaged files."""
        review, folder = self._review, self._review.project.folder / FOLDER
        file = folder / "themes.json"
        if not file.is_file():
            return None
        found = file.stat()
        state = found.st_mtime_ns, found.st_ino, tuple(review.people.latest_codings().items())
        with self._lock:
            known = self._known
        if known is None or known[0] != state:
            stored = read_themes(folder)
            if stored is None:
                return None
            known = state, stored, self._still_there(stored)
            with self._lock:
                self._known = known
        _, stored, key_of = known
        pool, book, succession = review.pool(), review.codebook, review.succession
        place = dict(zip(pool.names, pool.transcripts, strict=True))
        decisions = matched(review.people.theme_decisions(), stored.members, place)
        verdicts = {theme: verdict_of(one, book, succession) for theme, one in decisions.items()}
        run = f"{found.st_mtime_ns}-{found.st_ino}"
        return Themed(run, with_verdicts(stored.themes, verdicts), decisions, key_of, stored)

    def _still_there(self, stored: Stored) -> dict[str, int]:
        """The keys of the statements whose utterances still have the same words."""
        shown = {one.utterance_id: one for theme in stored.themes for one in theme.statements}
        wanted: dict[str, set[str]] = {}
        for one in shown.values():
            wanted.setdefault(one.transcript_id, set()).add(one.utterance_id)
        found: dict[str, int] = {}
        for transcript_id in sorted(wanted.keys() & self._review.people.latest_codings().keys()):
            reading = self._review.reading(transcript_id)
            for key, utterance in zip(reading.keys, reading.utterances, strict=True):
                if (
                    utterance.id in wanted[transcript_id]
                    and utterance.codable
                    and shown[utterance.id].is_of(utterance.text)
                ):
                    found[utterance.id] = key
        return found

    def find(self, detail: str) -> None:
        """Begin to find themes anew, unless that is going on."""
        if self.going_on():
            return
        with self._lock:
            spawn = get_context("spawn")
            self._hears, tells = spawn.Pipe(duplex=False)
            self.n_steps, self.problem = 0, ""
            self._process = spawn.Process(
                target=work, args=(self._review.project.folder, detail, tells), name="themes", daemon=True
            )
            self._process.start()
            tells.close()  # the process has its own end; without ours, its end is the end of the pipe

    def going_on(self) -> bool:
        """Is it still being done? Brings `n_steps` and `problem` up to date."""
        with self._lock:
            if self._process is None:
                return False
            try:
                while self._hears.poll():
                    told = self._hears.recv()
                    if told is True:
                        self.n_steps += 1
                        continue
                    self.problem = told
                    self._end()
                    return False
            except EOFError:  # killed, or out of memory
                self.problem = "finding themes was broken off"
                self._end()
                return False
            return True

    def _end(self) -> None:
        self._process.join(timeout=10)
        self._hears.close()
        self._process = None

    def close(self) -> None:
        """Stop it."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()
                self._end()


STEPS = 2 * N_RUNS
