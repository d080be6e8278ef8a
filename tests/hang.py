"""What tells a reader that hangs from one that is merely on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_S = 15.0  # of this process's own time; what hung took from twenty seconds to minutes


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail if the block computes for longer than `LIMIT_S`. How fast anything is belongs in a benchmark."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took < LIMIT_S, f"computed for {took:.0f} s, more than {LIMIT_S:.0f}"
