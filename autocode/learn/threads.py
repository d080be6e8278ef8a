"""How many cores linear algebra uses where something else must stay quick."""

from __future__ import annotations

import os
from typing import Any


def half_the_cores() -> Any:
    """A limit for the whole process, at once, until its `restore_original_limits` is called.

    Two threads that both compute on all cores wait for each other, and both take several times as long.
    """
    import scipy.linalg  # noqa: F401  # it has a library of its own, which must be there to be limited
    from threadpoolctl import threadpool_limits

    return threadpool_limits(max(1, (os.cpu_count() or 2) // 2), user_api="blas")
