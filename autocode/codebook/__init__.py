"""Codebooks: the codes that a study applies, read from files, checked, edited, compared, and written back.

`read_codebook` takes a file or the name of a codebook that comes with autocode. A `Codebook` answers
every question about its tree; `check_codebook` says what would make it easier to apply. Edits such as
`merge_codes` return a new codebook, and `diff` says what is different.
"""

from autocode.codebook.advice import check_codebook
from autocode.codebook.changes import Change, Succession, diff, rule_changed
from autocode.codebook.code import Code
from autocode.codebook.edit import (
    add_code,
    deprecate_code,
    edit_code,
    merge_codes,
    move_code,
    new_id,
    split_code,
)
from autocode.codebook.files import read_codebook, rewrite_codebook, shipped_codebooks, write_codebook
from autocode.codebook.model import Codebook
from autocode.codebook.references import naming
from autocode.codebook.table_format import to_table

__all__ = [
    "Change",
    "Code",
    "Codebook",
    "Succession",
    "add_code",
    "check_codebook",
    "deprecate_code",
    "diff",
    "edit_code",
    "merge_codes",
    "move_code",
    "naming",
    "new_id",
    "read_codebook",
    "rewrite_codebook",
    "rule_changed",
    "shipped_codebooks",
    "split_code",
    "to_table",
    "write_codebook",
]
