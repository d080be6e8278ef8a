"""A thread that takes messages in the order in which they come, and threads that work beside it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from autocode.errors import AutocodeError

Message = TypeVar("Message")

PATIENCE_S = 1.0  # for what is being computed when the page ends
_OWN_ERROR = "the learner met an error; see the terminal"
_log = logging.getLogger(__name__)


class Worker(Generic[Message]):
    """Hands all messages that have come to `take`, one call at a time; `failed` hears why a call failed.

    All threads are daemons: the program ends without them.
    """

    def __init__(self, take: Callable[[list[Message]], None], failed: Callable[[str], None]) -> None:
        self._take, self._failed = take, failed
        self._inbox: queue.Queue[Message | None] = queue.Queue()  # None: the end
        self._open, self._finished = 0, threading.Condition()  # messages and work beside
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def started(self) -> bool:
        """Whether it has begun to work."""
        return bool(self._threads)

    @property
    def closing(self) -> bool:
        """Whether it is to end, so that nothing new need be begun."""
        return self._closing.is_set()

    def start(self) -> None:
        """Begin to work."""
        self._run_beside(self._run)

    def close(self) -> None:
        """Stop; what is being computed now is waited for, but not long."""
        self._closing.set()
        self._inbox.put(None)
        until = time.monotonic() + PATIENCE_S
        for thread in self._threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))

    def tell(self, message: Message) -> None:
        """Hand over a message."""
        with self._finished:
            self._open += 1
        self._inbox.put(message)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do; False when that took too long."""
        with self._finished:
            return self._finished.wait_for(lambda: self._open == 0, seconds)

    def beside(self, work: Callable[[], Message], failed: Callable[[str], Message]) -> None:
        """Have something done in a thread of its own; what comes of it, or why it failed, is a message."""
        with self._finished:
            self._open += 1

        def run() -> None:
            try:
                told = work()
            except Exception as error:  # noqa: BLE001  # the page goes on without it, and says so
                told = failed(self._reason(error))
            self.tell(told)
            self._settle(1)

        self._run_beside(run)

    def _settle(self, n: int) -> None:
        with self._finished:
            self._open -= n
            self._finished.notify_all()

    def _run_beside(self, work: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=work, name="learning", daemon=True))
        self._threads[-1].start()

    def _run(self) -> None:
        while not self._closing.is_set():
            messages = [self._inbox.get()]
            while not self._inbox.empty():  # several decisions at once are learnt at once
                messages.append(self._inbox.get())
            if self._closing.is_set():
                return
            try:
                self._take([one for one in messages if one is not None])
            except Exception as error:  # noqa: BLE001  # as above
                self._failed(self._reason(error))
            finally:
                self._settle(len(messages))

    def _reason(self, error: Exception) -> str:
        """The error in a sentence; one of our own stands in the log, unless the project is being closed."""
        if isinstance(error, AutocodeError):
            return str(error)
        if not self.closing:
            _log.error("learning in the background", exc_info=error)
        return _OWN_ERROR
