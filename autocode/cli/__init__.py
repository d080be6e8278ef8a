"""The command line: the only place that prints and that knows exit codes.

Nothing heavy is imported before a command needs it: `autocode --help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0: done, 2: a mistake in the input, 130: interrupted)."""
    from autocode.cli.app import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
