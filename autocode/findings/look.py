"""How codes look in figures."""

from __future__ import annotations

from autocode.codebook import Codebook

# Okabe & Ito (2008): told apart by people with any colour vision, on light and on dark paper
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def colour_of(book: Codebook, code_id: str) -> str:
    """The code's own colour, else that of the nearest code above that has one, else its topic's."""
    lineage = (code_id, *book.ancestors(code_id))
    own = next((found for id in lineage if (found := book[id].colour)), None)
    return own or PALETTE[book.roots.index(lineage[-1]) % len(PALETTE)]
