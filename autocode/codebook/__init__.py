"""Codebooks: the codes that a study applies, read from files, checked, and written back.

`read_codebook` takes a file or the name of a codebook that comes with autocode. A `Codebook` answers
every question about its tree; `check_codebook` says what would make it easier to apply.
"""

from autocode.codebook.advice import check_codebook
from autocode.codebook.code import Code
from autocode.codebook.files import read_codebook, shipped_codebooks, write_codebook
from autocode.codebook.model import Codebook
from autocode.codebook.table_format import to_table

__all__ = [
    "Code",
    "Codebook",
    "check_codebook",
    "read_codebook",
    "shipped_codebooks",
    "to_table",
    "write_codebook",
]
