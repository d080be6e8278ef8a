"""Names out of what the report shows, and how many words may be names and remain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autocode.anonymise import Key, anonymise, numbered_key, still_named
from autocode.anonymise.files import anonymous_codebook
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
    key = numbered_key(transcripts, material.key, folder=folder, language=language)
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
            "'autocode anonymise --check' lists those of the transcripts for names.csv, which the report "
            "follows",
        )
    told = anonymous_codebook(material.codebook, key)
    return replace(material, statements=statements, interviews=interviews, warnings=warnings, told=told)


def _values(attributes: Mapping[str, str], key: Key) -> dict[str, str]:
    return {name: anonymise(value, key) for name, value in attributes.items()}
