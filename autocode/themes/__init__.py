"""Themes: what respondents talk about, and what of it the codebook does not cover.

find_themes(coder, codings) -> Found; write_themes(found, folder) writes it; measure_saturation(seen)
says when further interviews brought nothing new.
"""

from autocode.themes.files import read_themes, write_themes
from autocode.themes.find import Detail, Found, find_themes
from autocode.themes.saturation import Saturation, SaturationRule, measure_saturation
from autocode.themes.theme import Statement, Theme

__all__ = [
    "Detail",
    "Found",
    "Saturation",
    "SaturationRule",
    "Statement",
    "Theme",
    "find_themes",
    "measure_saturation",
    "read_themes",
    "write_themes",
]
