"""autocode: codes interview transcripts against a codebook, on your own computer, offline.

>>> from autocode import Coder, read_transcript
>>> coded = Coder("knowledge_dynamics").code(read_transcript("interview.vtt"))  # doctest: +SKIP
>>> coded  # in a notebook: a table of statements, codes and evidence  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autocode.waits import wait_shortly

wait_shortly()  # before any library is loaded that computes

__version__ = "0.1.0"

_WHERE = {
    "AutocodeError": "autocode.errors",
    "Codebook": "autocode.codebook",
    "CodedTranscript": "autocode.pipeline",
    "Coder": "autocode.pipeline",
    "Settings": "autocode.config",
    "read_codebook": "autocode.codebook",
    "read_guide": "autocode.guide",
    "read_settings": "autocode.config",
    "read_transcript": "autocode.read",
    "read_transcripts": "autocode.read",
}

__all__ = [
    "AutocodeError",
    "Codebook",
    "CodedTranscript",
    "Coder",
    "Settings",
    "__version__",
    "read_codebook",
    "read_guide",
    "read_settings",
    "read_transcript",
    "read_transcripts",
]

if TYPE_CHECKING:
    from autocode.codebook import Codebook, read_codebook
    from autocode.config import Settings, read_settings
    from autocode.errors import AutocodeError
    from autocode.guide import read_guide
    from autocode.pipeline import CodedTranscript, Coder
    from autocode.read import read_transcript, read_transcripts


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `import autocode` costs nothing."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'autocode' has no attribute '{name}'")
