"""Small project files, built by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

CODE, USER, SOURCE = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "213")
Write = Callable[..., Path]


def project_xml(selections: Sequence[tuple[int, int, str]], *, origin: str = "test", path: str = "") -> str:
    """A project with one code, one user, one source and these selections, each coded once."""
    inner = "".join(
        f'<PlainTextSelection guid="{n:08d}-0000-4000-8000-000000000000" startPosition="{start}" '
        f'endPosition="{end}" name={quoteattr(name)}><Coding guid="{n:08d}-0000-4000-8000-000000000001" '
        f'creatingUser="{USER}"><CodeRef targetGUID="{CODE}"/></Coding></PlainTextSelection>'
        for n, (start, end, name) in enumerate(selections)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p" '
        f'origin="{origin}"><Users><User guid="{USER}" name="Ann"/></Users><CodeBook><Codes><Code '
        f'guid="{CODE}" name="trust" isCodable="true"/></Codes></CodeBook><Sources>'
        f'<TextSource guid="{SOURCE}" '
        f'name="A" plainTextPath="{path or f"internal://{SOURCE}.txt"}">{inner}</TextSource></Sources></Project>'
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a .qdpx with this text (its bytes) and XML."""

    def call(text: bytes, xml: str, *, name: str = "p.qdpx") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("project.qde", xml)
            archive.writestr(f"sources/{SOURCE}.txt", text)
        return path

    return call
