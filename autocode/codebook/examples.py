"""More examples than fit a codebook that people read: a CSV file beside it, named by `examples_file`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from autocode.codebook.model import Codebook
from autocode.config import shipped, suggest
from autocode.errors import CodebookError
from autocode.textfile import read_text

COLUMNS = ["code", "example"]


def with_examples_file(codebook: Codebook, folder: Path) -> Codebook:
    """`codebook` with the examples of its `examples_file` after its own, as if they stood in the codebook.

    The file lies in `folder`, the codebook's own, or comes with autocode. Raises `CodebookError` that names
    the file and the row.
    """
    if not codebook.examples_file:
        return codebook
    found: dict[str, list[str]] = {code.id: list(code.examples) for code in codebook.codes}
    for code_id, example in _rows(_find(codebook.examples_file, folder), codebook):
        if example not in found[code_id]:
            found[code_id].append(example)
    codes = [code.model_copy(update={"examples": tuple(found[code.id])}) for code in codebook.codes]
    return codebook.model_copy(update={"codes": tuple(codes), "examples_file": ""})


def _find(name: str, folder: Path) -> Path:
    places = [folder / name, shipped("configs", "codebooks", Path(name).name)]
    for path in places:
        if path.is_file():
            return path
    raise CodebookError(f"{places[0]}: no such file, but the codebook names it as its examples_file")


def _rows(path: Path, codebook: Codebook) -> Iterator[tuple[str, str]]:
    lines = read_text(path, error=CodebookError).splitlines(keepends=True)
    try:
        for number, row in enumerate(csv.reader(lines, strict=True), start=1):
            if number == 1:
                if [cell.strip() for cell in row] != COLUMNS:
                    raise CodebookError(f"{path}, row 1: the columns must be {','.join(COLUMNS)}")
            elif len(row) != len(COLUMNS):
                raise CodebookError(f"{path}, row {number}: {len(row)} cells where {len(COLUMNS)} belong")
            elif row[0] not in codebook:
                near = suggest(row[0], list(codebook.ids))
                raise CodebookError(f"{path}, row {number}: the codebook has no code '{row[0]}'{near}")
            elif row[1].strip():
                yield row[0], row[1].strip()
    except csv.Error as error:
        raise CodebookError(f"{path}: not a valid CSV file ({error})") from None
