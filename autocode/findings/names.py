"""Names out of what the report shows, and how many words may be names and remain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocode.anonymise import Key, anonymise, make_key, read_key, read_names, still_named
from autocode.anonymise.files import KEY, find_list
from autocode.anonymise.names import ROLE_LABELS, normal
from autocode.findings.material import Material
from autocode.records import Transcript
from autocode.report.apa import counted
from autocode.segment.lemmas import dictionary


def without_names(
    material: Material, transcripts: Sequence[Transcript], *, folder: Path, language: str
) -> Material:
    """The material with placeholders for names, addresses and numbers, and a warning of what may be left.

    Names are the speakers', and those in the list and the key of `autocode anonymise` in `folder`, where
    there are any. Respondents who are spoken of have their numbers: `[R4]`.
    """
    ordinary = dictionary(language)
    listed = find_list(folder)
    key = make_key(
        transcripts,
        listed=read_names(listed, ordinary=ordinary) if listed else (),
        known=read_key(folder / KEY, ordinary=ordinary) if (folder / KEY).is_file() else None,
        ordinary=ordinary,
        language=language,
    )
    key = _with_numbers(key, material.key)
    statements = tuple(
        replace(
            one,
            text=anonymise(one.text, key),
            question=anonymise(one.question, key),
            attributes=_values(one.attributes, key),
        )
        for one in material.statements
    )
    interviews = tuple(replace(one, attributes=_values(one.attributes, key)) for one in material.interviews)
    facts = sorted({value for one in statements for value in one.attributes.values()})
    shown = [*((one.label, one.text) for one in statements), *(("attributes", value) for value in facts)]
    left = still_named((((place, 0), text) for place, text in shown), key, ordinary=ordinary)
    warnings = material.warnings
    if left:
        warnings = (
            *warnings,
            f"{counted(len(left), 'word')} with a capital may be names, and this report shows them; "
            "'autocode anonymise --check' lists them for names.csv, which the report follows",
        )
    return replace(material, statements=statements, interviews=interviews, warnings=warnings)


def _with_numbers(key: Key, people: Mapping[str, Sequence[str]]) -> Key:
    """The key with the report's numbers for respondents."""
    number_of = {normal(name): number for number, names in people.items() for name in names}
    mark = f"{ROLE_LABELS['respondent']} "
    names = []
    for name in key.names:
        numbers = [number_of[known] for known in map(normal, name.spellings) if known in number_of]
        names.append(
            replace(name, placeholder=numbers[0]) if numbers and name.placeholder.startswith(mark) else name
        )
    return replace(key, names=tuple(names))


def _values(attributes: Mapping[str, str], key: Key) -> dict[str, str]:
    return {name: anonymise(value, key) for name, value in attributes.items()}
