"""Codebooks in JSON: our own, and the `codebook.json` of coded datasets.

A dataset's code has `code` instead of `id`; it may be a path such as `A > B`, whose parents are
created where they are missing. What else a file holds is left out with a warning.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from autocode.codebook.build import (
    BOOK_KEYS,
    CODE_KEYS,
    Draft,
    Row,
    add_parents,
    drop_bad_colour,
    last_name,
)
from autocode.codebook.code import SEPARATOR
from autocode.codebook.model import Codebook
from autocode.codebook.tree import Places
from autocode.config import suggest
from autocode.limits import MOST_VALUES, n_json_values

_OTHER_NAMES = {"color": "colour"}


def read_json(text: str, *, file: str, name: str) -> Draft:
    """The draft in a JSON text; `name` is the codebook's where the text has none."""
    places = Places(file=file)
    if n_json_values(text) > MOST_VALUES:
        places.fail("", f"it has more than {MOST_VALUES:,} values, as no codebook has; refused")
    repeated: Counter[str] = Counter()

    def last_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.update({key for key, n in Counter(key for key, _ in pairs).items() if n > 1})
        return found

    try:
        content = json.loads(text, object_pairs_hook=last_of_each)
    except json.JSONDecodeError as error:
        places.fail(f"line {error.lineno}", f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}")
    except RecursionError:
        places.fail("", "not a codebook: nested too deep")
    except ValueError:  # Python reads numbers of up to 4,300 digits
        places.fail("", "not a codebook: the JSON has a number that is too long")
    if isinstance(content, list):
        content = {"codes": content}
    if not isinstance(content, dict):
        places.fail("", "the codebook must be an object with 'codes'")
    warnings = [
        f"{file}: the key '{key}' appears twice in one object; the last one was used"
        for key in sorted(repeated)
    ]
    warnings += [
        f"{file}: the key '{key}' is not used{suggest(key, list(BOOK_KEYS))}"
        for key in content
        if key not in BOOK_KEYS
    ]
    rows = _rows(content.get("codes") or [], places, warnings)
    groups = _groups(content.get("exclusive_groups") or [], places)
    meta = {key: content[key] for key in BOOK_KEYS if content.get(key) is not None}
    return Draft(
        file=file,
        meta={"name": name, **{key: meta[key] for key in meta if key not in {"codes", "exclusive_groups"}}},
        rows=rows,
        groups=groups,
        group_places=[f"exclusive group {number}" for number in range(1, len(groups) + 1)],
        warnings=warnings,
    )


def write_json(codebook: Codebook) -> str:
    """The codebook as JSON, without empty fields."""
    content: dict[str, Any] = codebook.model_dump(mode="json", exclude={"codes"})
    content = {key: value for key, value in content.items() if value}
    groups = content.pop("exclusive_groups", None)
    content["codes"] = [
        {key: value for key, value in code.model_dump(mode="json").items() if value}
        for code in codebook.codes
    ]
    if groups:
        content["exclusive_groups"] = groups
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _rows(codes: object, places: Places, warnings: list[str]) -> list[Row]:
    rows: list[Row] = []
    from_dataset = False
    unused: Counter[str] = Counter()
    for item, parent in _flat(codes, places):
        number = len(rows) + 1
        given: Any = {"code": item} if isinstance(item, str) else item
        if not isinstance(given, dict):
            places.fail(f"code {number}", "a code must be an object")
        values: dict[str, Any] = {_OTHER_NAMES.get(key) or key: value for key, value in given.items()}
        values.pop("children", None)
        if values.get("id") is None:
            from_dataset = True
            values["id"] = values.pop("code", None)
        if parent is not None:
            values["parent"] = parent
        id = values["id"]
        if id is None or not isinstance(id, str):
            problem = "a code has no 'id'" if id is None else "the id of a code must be text"
            places.fail(f"code {number}", problem)
        place = f"code {number} ('{id}')"
        unused.update(key for key in values if key not in CODE_KEYS)
        row = {key: values[key] for key in CODE_KEYS if key in values}
        row["name"] = _name(row, id)
        warnings.extend(f"{places.file}, {warning}" for warning in drop_bad_colour(row, place=place))
        rows.append(Row(row, place))
    warnings.extend(
        f"{places.file}: the key '{key}' of {n} code{'s' if n > 1 else ''} is not used"
        f"{suggest(key, list(CODE_KEYS))}"
        for key, n in unused.items()
    )
    if from_dataset:
        rows, created = add_parents(rows, file=places.file)
        if created:
            some = ", ".join(f"'{id}'" for id in created[:3]) + (", ..." if len(created) > 3 else "")
            warnings.append(
                f"{places.file}: {len(created)} parents without a code of their own added: {some}"
            )
    return rows


def _flat(codes: object, places: Places) -> Iterator[tuple[object, str | None]]:
    """Each code before its `children`, with the id of the code that it stands under."""
    if not isinstance(codes, list):
        places.fail("", "'codes' must be a list")
    stack: list[tuple[object, str | None]] = [(code, None) for code in reversed(codes)]
    while stack:
        item, parent = stack.pop()
        yield item, parent
        children = item.get("children") if isinstance(item, dict) else None
        if isinstance(item, dict) and isinstance(children, list):
            id = str(item.get("id") or item.get("code") or "")
            stack.extend((child, id) for child in reversed(children))


def _name(values: dict[str, Any], id: str) -> Any:
    name = values.get("name")
    if name is None:
        return last_name(id)
    return last_name(name) if isinstance(name, str) and SEPARATOR in id else name


def _groups(groups: object, places: Places) -> list[list[str]]:
    if not isinstance(groups, list):
        places.fail("", "'exclusive_groups' must be a list of lists of codes")
    for number, group in enumerate(groups, start=1):
        if not isinstance(group, list) or not all(isinstance(id, str) for id in group):
            places.fail(f"exclusive group {number}", "a group must be a list of codes")
    return groups
