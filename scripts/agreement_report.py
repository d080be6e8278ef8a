"""The reliability report of a coded dataset or a table, in ten lines.

python scripts/agreement_report.py DATASET_DIR|TABLE --out DIR [--machine NAME ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from autocode.reliability import agreement, read_panel
from autocode.reliability.panel import with_kinds
from autocode.reliability.tables import write_files


def main() -> None:
    """Compute the record, write it with its tables, print the results and the warnings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--machine", nargs="*", default=[])
    options = parser.parse_args()
    panel = with_kinds(read_panel(options.source), machines=options.machine)
    record = agreement(panel)
    write_files(record, panel, options.out)
    print(record["results"], *record["warnings"], sep="\n")


if __name__ == "__main__":
    main()
