"""JSON from strangers: parsed with one clear error, and looked into without assuming its shape."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from autocode.limits import MOST_VALUES, n_json_values
from autocode.read.decode import clean
from autocode.read.reader import Source


def parse_json(source: Source) -> tuple[Any, list[str]]:
    """The document and warnings, those of decoding and for repeated keys. Raises `ReadError`."""
    text, warnings = source.decode()
    source.refuse_flood(n_json_values(text), MOST_VALUES, "values")
    repeated: Counter[str] = Counter()

    def merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.update({clean(key) for key, n in counts.items() if n > 1})
        return found

    try:
        document = json.loads(text, object_pairs_hook=merged, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise source.error(f"not valid JSON ({error.msg})", line=error.lineno) from None
    except RecursionError:
        raise source.error("the JSON is nested too deeply") from None
    except ValueError:
        raise source.error("the JSON has a number that is too long") from None
    warnings += [
        f"the key '{key}' appears twice in one object; the last one was used" for key in sorted(repeated)
    ]
    return document, warnings


def look(document: Any, *path: str) -> Any:
    """What lies under the keys, one inside the other; None where there is no such thing.

    >>> look({"results": {"items": [1]}}, "results", "items"), look([1], "results")
    ([1], None)
    """
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; nothing for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def string(value: Any) -> str:
    """A string without NUL and lone surrogates; "" for anything else."""
    return clean(value) if isinstance(value, str) else ""


def seconds(value: Any, *, unit_s: float = 1.0) -> float | None:
    """A time of the file's unit in seconds; None for what is no time. Many services write "5.24".

    Times that no recording has come back, too: what becomes of them, and says so, is `finish`.

    >>> seconds("5.24"), seconds(3050, unit_s=0.001), seconds("soon"), seconds(-1)
    (5.24, 3.05, None, -1.0)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value) if not isinstance(value, str) or len(value) <= 40 else math.nan
    except (ValueError, OverflowError):
        return None
    return None if math.isnan(found) else round(found * unit_s, 6)


def speaker_name(value: Any) -> str | None:
    """A speaker as the file names them, numbers as "Speaker 1"; None where it names nobody."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"Speaker {value}"
    return " ".join(string(value).split()) or None


def language_code(value: Any) -> str | None:
    """`en` of `en-US`; None for what is no code of a language.

    >>> language_code("en-US"), language_code("British English"), language_code(None)
    ('en', None, None)
    """
    short = string(value).replace("_", "-").split("-")[0].lower()
    return short if 2 <= len(short) <= 3 and short.isalpha() else None
