"""How many cores linear algebra uses where something else must stay quick."""

from __future__ import annotations

from typing import Any


def half_the_cores() -> Any:
    """A limit for the whole process, at once, until its `restore_original_limits` is called.

    Two threads that both compute on all cores wait for each other, and both take several times as long.
    """
    import scipy.linalg  # noqa: F401  # it has a library of its own, which must be there to be limited
    from threadpoolctl import threadpool_info, threadpool_limits

    used = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    return threadpool_limits(max(1, max(used, default=1) // 2), user_api="blas")
