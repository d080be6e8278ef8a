"""Time the per-code coefficients and their cluster bootstrap on a corpus of made-up codes.

On one core: OMP_NUM_THREADS=1 python scripts/bench_agreement.py [--units 100000] [--codes 50]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from autocode.agreement import CodeTable, code_agreement, krippendorff_alpha
from autocode.agreement.per_code import PER_CODE


def made_up_codes(n_coders: int, n_units: int, n_codes: int, *, seed: int) -> CodeTable:
    """Coders who see a true yes with .85 and a true no with .995, and have not seen 2% of the units."""
    rng = np.random.default_rng(seed)
    true = rng.random((n_units, n_codes), np.float32) < rng.uniform(0.002, 0.05, n_codes).astype(np.float32)
    values = np.empty((n_coders, n_units, n_codes), np.int8)
    for coder in range(n_coders):
        values[coder] = rng.random((n_units, n_codes), np.float32) < np.where(
            true, np.float32(0.85), np.float32(0.005)
        )
        values[coder, rng.random(n_units) < 0.02] = -1
    return CodeTable(values, range(n_coders), range(n_units), range(n_codes))


def main() -> None:
    """Print one line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for option, default in (("units", 100_000), ("coders", 5), ("codes", 50), ("interviews", 200)):
        parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--replicates", type=int, default=2000)
    args = parser.parse_args()
    table = made_up_codes(args.coders, args.units, args.codes, seed=0)
    interviews = np.arange(args.units) * args.interviews // args.units

    start = time.perf_counter()
    code_agreement(table, intervals=())
    print(f"{len(PER_CODE)} coefficients of {args.codes} codes: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    code_agreement(table, clusters=interviews, replicates=args.replicates)
    print(f"the same, alpha and p_pos with {args.replicates} replicates: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    sets = table.label_sets()
    print(f"{len(sets.categories)} distinct sets of codes: {time.perf_counter() - start:.2f} s")
    few = sets.select_units(np.arange(0, args.units, max(1, args.units // 5000)))
    start = time.perf_counter()
    alpha = krippendorff_alpha(few, metric="masi")
    print(f"MASI alpha of {alpha.n_units} units: {time.perf_counter() - start:.2f} s")
    try:
        import resource
    except ImportError:  # Windows has no such counter
        return
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
