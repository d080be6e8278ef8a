"""How long threads that compute wait for each other before they give their core away."""

from __future__ import annotations

import os

# OpenBLAS and GNU's OpenMP let a thread that waits for another one keep its core busy for a while. Where
# other programs compute, too, the one waited for gets no core, and all nearly stand still. These are about
# the longest waits that starve no second program, and a single one loses nothing by them (BENCHMARKS.md).
SHORT_WAITS = {"OPENBLAS_THREAD_TIMEOUT": "8", "GOMP_SPINCOUNT": "5000"}


def wait_shortly() -> None:
    """Let waiting threads give way soon, in libraries loaded from now on, unless the user has a say."""
    for name, value in SHORT_WAITS.items():
        os.environ.setdefault(name, value)
