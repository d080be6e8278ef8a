"""Work that takes longer than one wants to look at a blank page, with how far it is and what came of it.

Everybody has one job at a time; its files lie in a private folder that goes with the next job, and with the
server.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autocode.errors import AutocodeError

PREFIX = ".exchange-"
FORGOTTEN_S = 86_400.0  # after which a folder is of a server that was killed
State = Literal["running", "ready", "failed"]


@dataclass(slots=True)
class Job:
    """One piece of work."""

    kind: str
    what: str  # it does, for its page
    folder: Path  # its own, private
    total: int = 0  # steps; 0: not known
    done: int = 0
    state: State = "running"
    problem: str = ""
    result: Any = None
    thread: threading.Thread | None = field(default=None, repr=False)

    def step(self) -> None:
        """One more step is done."""
        self.done += 1


class Jobs:
    """The jobs of everybody, by the key of the account."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()

    def of(self, owner: int) -> Job | None:
        """Somebody's last job."""
        return self._jobs.get(owner)

    def prepare(self, owner: int, kind: str, what: str, *, place: Path, keep: Path | None = None) -> Job:
        """A job with a folder in `place`, in the place of the earlier one, of which `keep` is kept.

        Raises `AutocodeError` while that is still at work.
        """
        with self._lock:
            before = self._jobs.get(owner)
            if before is not None and before.state == "running":
                raise AutocodeError(f"wait until this is done: {before.what}")
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            if keep is not None:
                os.replace(keep, folder / keep.name)
            self._jobs[owner] = job = Job(kind, what, folder)
        if before is not None:
            _remove(before)
        return job

    def start(self, job: Job, work: Callable[[Job], Any]) -> None:
        """Begin; `work` gives the result."""
        job.thread = threading.Thread(target=_run, args=(job, work), name=job.kind, daemon=True)
        job.thread.start()

    @staticmethod
    def sweep(place: Path) -> None:
        """Remove what servers that were killed have left behind."""
        for folder in place.glob(f"{PREFIX}*"):
            if folder.is_dir() and time.time() - folder.stat().st_mtime > FORGOTTEN_S:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Wait for what is being written, and remove all files."""
        for job in self._jobs.values():
            if job.thread is not None:
                job.thread.join(timeout=10)
            _remove(job)
        self._jobs.clear()


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    try:
        job.result = work(job)
    except AutocodeError as error:
        job.problem = str(error).replace(f"{job.folder}/", "")
        job.state = "failed"
    except BaseException:
        job.problem = "autocode met an error of its own; the terminal in which it runs says more"
        job.state = "failed"
        raise
    else:
        job.state = "ready"


def _remove(job: Job) -> None:
    shutil.rmtree(job.folder, ignore_errors=True)
