"""The key for reports: respondents who are spoken of have their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocode.anonymise.files import KEY, find_list
from autocode.anonymise.names import ROLE_LABELS, Key, normal, read_key, read_names
from autocode.anonymise.plan import make_key
from autocode.records import Transcript
from autocode.segment.lemmas import dictionary


def numbered_key(
    transcripts: Sequence[Transcript],
    people: Mapping[str, Sequence[str]],
    *,
    folder: Path | None,
    language: str,
) -> Key:
    """What is replaced in a report: the speakers' names, and those in the list and the key of `autocode
    anonymise` in `folder`, where there are any. `people` are the respondents' names by number, such as R4.
    """
    ordinary = dictionary(language)
    listed = find_list(folder) if folder else None
    known = folder / KEY if folder else None
    key = make_key(
        transcripts,
        listed=read_names(listed, ordinary=ordinary) if listed else (),
        known=read_key(known, ordinary=ordinary) if known and known.is_file() else None,
        ordinary=ordinary,
        language=language,
    )
    number_of = {normal(name): number for number, names in people.items() for name in names}
    mark = f"{ROLE_LABELS['respondent']} "
    names = []
    for name in key.names:
        numbers = [number_of[known] for known in map(normal, name.spellings) if known in number_of]
        names.append(
            replace(name, placeholder=numbers[0]) if numbers and name.placeholder.startswith(mark) else name
        )
    return replace(key, names=tuple(names))
