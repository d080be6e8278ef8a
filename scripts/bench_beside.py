"""Two programs that compute on all cores, side by side, against one alone: with short waits, and without.

    python scripts/bench_beside.py

One learns from 1,500 invented statements (OpenBLAS), the other trains a small network as fine-tuning trains
the encoder (PyTorch, OpenMP). Two on the same cores take twice as long as one if they share them well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from bench_live import made_up

from autocode.waits import SHORT_WAITS

LONG_WAITS = {"OPENBLAS_THREAD_TIMEOUT": "28", "GOMP_SPINCOUNT": "300000"}  # what the libraries have
N_UNITS, N_CODES = 1500, 10
N_STEPS, N_WIDE = 300, 384


def learning() -> None:
    """Learn from invented statements."""
    import numpy as np

    from autocode.codebook import Codebook
    from autocode.codebook.code import Code
    from autocode.learn.labels import Labels
    from autocode.learn.learner import learn

    rng = np.random.default_rng(0)
    signals = made_up(N_UNITS, N_CODES, rng)
    book = Codebook(name="bench", codes=tuple(Code(id=f"c{i}", name=f"c{i}") for i in range(N_CODES)))
    values = (rng.random((N_UNITS, N_CODES)) < 0.1).astype(float)
    learn(signals, Labels(signals.ids, book.ids, values), book)


def training() -> None:
    """Steps of training."""
    import torch

    parts = [
        part
        for _ in range(4)
        for part in (
            torch.nn.Linear(N_WIDE, 4 * N_WIDE),
            torch.nn.GELU(),
            torch.nn.Linear(4 * N_WIDE, N_WIDE),
        )
    ]
    network, batch = torch.nn.Sequential(*parts), torch.randn(16 * 20, N_WIDE)
    optimiser = torch.optim.AdamW(network.parameters())
    for _ in range(N_STEPS):
        optimiser.zero_grad()
        (network(batch) ** 2).mean().backward()
        optimiser.step()


WORK = {"learning": learning, "training": training}


def seconds(name: str, n_programs: int, waits: dict[str, str]) -> float:
    """How long the slowest of some programs takes that do the same work at the same time."""
    command = [sys.executable, __file__, name]
    programs = [
        subprocess.Popen(command, env=os.environ | waits, stdout=subprocess.PIPE) for _ in range(n_programs)
    ]
    return max(float(program.communicate()[0]) for program in programs)


def main() -> None:
    """Print seconds and ratios."""
    for name in WORK:
        for waits, kind in ((LONG_WAITS, "long waits"), (SHORT_WAITS, "short waits")):
            alone, beside = (seconds(name, n, waits) for n in (1, 2))
            print(f"{name}, {kind:11}: one {alone:5.1f} s, two {beside:5.1f} s, {beside / alone:.1f} times")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        started = time.perf_counter()
        WORK[sys.argv[1]]()
        print(time.perf_counter() - started)
