"""Types of the fields that people write by hand in codebooks and guides, and their mistakes in words."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationError


def _clean(value: Any) -> Any:
    """Text with LF line ends and no white space around it; none is empty text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    if "\x00" in value or not _encodable(value):
        raise ValueError("holds characters that are not text")
    return "\n".join(value.splitlines()).strip()  # also the line ends that word processors leave behind


def _encodable(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return False
    return True


def _one_line(value: Any) -> Any:
    cleaned = _clean(value)
    return " ".join(cleaned.split()) if isinstance(cleaned, str) else cleaned


def _several(value: Any) -> Any:
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        return value
    return tuple(item for item in map(_one_line, items) if item != "")


def _given(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _optional(value: Any) -> Any:
    cleaned = _clean(value)
    return None if cleaned == "" else cleaned


Text = Annotated[str, BeforeValidator(_clean)]  # may be empty, may have several lines
Line = Annotated[str, BeforeValidator(_one_line), AfterValidator(_given)]  # never empty, one line
Id = Annotated[str, BeforeValidator(_clean), AfterValidator(_given)]  # never empty, inner white space kept
OptionalText = Annotated[str | None, BeforeValidator(_optional)]  # empty is None
Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]  # one line each; one text is a list of one


_KINDS: dict[type, str] = {
    int: "a number",
    float: "a number",
    bool: "true or false",
    str: "text",
    list: "a list",
    dict: "an object",
}


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The field of a pydantic error, and what is wrong with it as a sentence about the field goes on."""
    problem = error.errors()[0]
    field = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "missing":
        return field, "is missing"
    if problem["type"] == "value_error":
        return field, str(problem["ctx"]["error"])
    wanted = "a list of texts" if problem["type"] == "tuple_type" else "text"
    return field, f"must be {wanted} ({_KINDS.get(type(problem['input']), 'something else')} found)"
