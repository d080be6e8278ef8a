"""What is known of interviews and respondents: firm, wave, role, and whatever else a study compares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from autocode.config import suggest
from autocode.errors import FindingsError
from autocode.textfile import read_text
from autocode.yamlfile import Entry, YamlFile, parse_yaml

CASES = "cases.yaml"  # in the project's or the dataset's folder: attributes by transcript
LONGEST_VALUE = 60  # characters; longer texts are no groups to compare
# what autocode itself writes into `meta`
_OURS = frozenset(
    {"turn", "codable", "backchannel", "guide_question", "guide_score", "dropped_units", "cues"}
)
_WHO = frozenset({"respondent", "speaker", "name", "person", "participant"})  # may be names: never shown


def plain_attributes(meta: Mapping[str, Any]) -> dict[str, str]:
    """The facts in a transcript's or a row's `meta` that can tell groups apart, as text.

    >>> plain_attributes({"wave": 2016, "turn": 3, "tags": ["a"], "firm": " MBE "})
    {'wave': '2016', 'firm': 'MBE'}
    """
    found = {}
    for name, value in meta.items():
        if name not in _OURS and name.casefold() not in _WHO and isinstance(value, str | int | float):
            text = " ".join(str(value).split())
            if 0 < len(text) <= LONGEST_VALUE:
                found[str(name)] = text
    return found


def attributes_of_cases(folder: Path, transcript_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What `cases.yaml` in a folder says of each transcript; empty where there is no such file.

    Raises `FindingsError` with the line for a transcript that is not there and for values that are no text.
    """
    path = folder / CASES
    if not path.is_file():
        return {}
    source = parse_yaml(read_text(path, error=FindingsError), file=str(path), error=FindingsError)
    if source.root.value is None:
        return {}
    if not isinstance(source.root.value, dict):
        source.fail(source.root.line, "must be transcripts with their attributes below them")
    known = list(transcript_ids)
    found = {}
    for transcript_id, entry in source.root.value.items():
        if transcript_id not in known:
            near = suggest(transcript_id, known)
            source.fail(entry.key_line, f"there is no transcript '{transcript_id}'{near}")
        found[transcript_id] = _values(source, entry)
    return found


def _values(source: YamlFile, entry: Entry) -> dict[str, str]:
    if not isinstance(entry.value, dict):
        source.fail(entry.line, "a transcript needs attributes such as 'wave: 2016' below it")
    values = {}
    for name, one in entry.value.items():
        text = " ".join(source.text(one, name).split())
        if len(text) > LONGEST_VALUE:
            source.fail(one.line, f"'{name}' has more than {LONGEST_VALUE} characters")
        if text and name.casefold() not in _WHO:
            values[name] = text
    return values
