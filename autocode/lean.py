"""Import a library without the PyTorch that it would pull in for itself.

spaCy (through thinc) and CTranslate2's model specification import torch whenever it is
installed, only to see whether they could use it. That costs 1.6 s and 250 MB at every
start, and neither a blank pipeline nor the fast encoder needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_torch() -> Iterator[None]:
    """Let `import torch` fail inside the block, unless torch has been imported already."""
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]  # documented: makes the import fail
    try:
        yield
    finally:
        del sys.modules["torch"]
