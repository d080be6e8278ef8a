"""What a code is."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from autocode.fields import Id, Line, OptionalText, Text, Texts

MAX_DEPTH = 50  # levels of the tree; deeper is a mistake, not a codebook
SEPARATOR = " > "

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def _colour(value: str | None) -> str | None:
    if value is not None and not COLOUR.fullmatch(value):
        raise ValueError(f"is '{value}', not a colour such as '#1F77B4'")
    return value.upper() if value else None


def _name(value: str) -> str:
    if SEPARATOR in value:
        raise ValueError(f"holds '{SEPARATOR}', which separates the names of a path; use 'parent'")
    return value


Name = Annotated[Line, AfterValidator(_name)]
Colour = Annotated[OptionalText, AfterValidator(_colour)]


class Code(BaseModel):
    """One entry of a codebook. Texts in lists are one line each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    name: Name
    parent: OptionalText = None  # the id of the code above it
    definition: Text = ""
    include: Texts = ()
    exclude: Texts = ()
    cues: Texts = ()  # words and phrases that speak for the code
    examples: Texts = ()
    counter_examples: Texts = ()
    theory: Text = ""
    colour: Colour = None  # "#RRGGBB"
    applies_to: OptionalText = None  # the role or source that the code is meant for
