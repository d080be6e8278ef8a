"""Where the lines of a code name another one by its id, as `what the partner knows -> partner_knowledge`.

An id of several words, joined by `_`, is one wherever it stands as a word. One of a single word may be meant
as the word that it is, so it counts only behind an arrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from autocode.codebook.code import Code
from autocode.codebook.model import Codebook

_FIELDS = ("include", "exclude")


def names(line: str, id: str) -> bool:
    """Does the line name the code?

    >>> names("relying on them -> trust", "trust"), names("they trust the bank", "trust")
    (True, False)
    """
    return _naming(id).search(line) is not None


def naming(codebook: Codebook, id: str) -> tuple[str, ...]:
    """Ids of the other codes whose lines name this one, in the order of the codebook."""
    return tuple(
        code.id
        for code in codebook.codes
        if code.id != id and any(names(line, id) for key in _FIELDS for line in getattr(code, key))
    )


def with_new_name(codes: Iterable[Code], id: str, new: str) -> list[Code]:
    """The codes, in whose lines `new` is named instead of `id`."""
    return [_with_new_name(code, id, new) for code in codes]


def _with_new_name(code: Code, id: str, new: str) -> Code:
    found = {}
    for key in _FIELDS:
        before = getattr(code, key)
        after = tuple(_naming(id).sub(lambda match: match[1] + new, line) for line in before)
        if after != before:
            found[key] = tuple(dict.fromkeys(after))
    return code.model_copy(update=found) if found else code


@lru_cache(maxsize=1024)
def _naming(id: str) -> re.Pattern[str]:
    before = "()" if "_" in id else r"((?:->|→)\s*)"
    return re.compile(rf"{before}(?<![\w-]){re.escape(id)}(?![\w-])")
