"""Run as a program of its own: the text of a PDF on standard input, page by page, as JSON on standard output.

A PDF is a program for a printer. It is unpacked here, where time and memory are limited and where a
crash takes nothing with it. The limits are the arguments: seconds of processor time, and bytes of memory.
"""

from __future__ import annotations

import io
import json
import sys

_MAX_CHARACTERS = 20_000_000
_MAX_PAGES = 5_000


def limit(seconds: int, memory: int) -> None:
    """Set limits for this process where the operating system knows them."""
    try:
        import resource
    except ImportError:  # Windows: the caller's time limit has to do
        return
    for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory)):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # macOS knows no limit of address space
            continue


def pages(data: bytes) -> dict[str, object]:
    """`{"pages": [text, ...]}`, or `{"problem": ...}` for a locked or far too long document."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

    found: list[str] = []
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"problem": "locked"}
        if len(reader.pages) > _MAX_PAGES:
            return {"problem": "long"}
        for page in reader.pages:
            found.append(page.extract_text())
            if sum(map(len, found)) > _MAX_CHARACTERS:
                return {"problem": "long"}
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):
        return {"problem": "locked"}
    return {"pages": found}


if __name__ == "__main__":
    limit(int(sys.argv[1]), int(sys.argv[2]))
    json.dump(pages(sys.stdin.buffer.read()), sys.stdout)
