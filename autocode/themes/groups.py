"""How often themes come up by case, wave, and whatever else is known of the interviews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autocode.pipeline import CodedTranscript
from autocode.themes.find import Found
from autocode.themes.theme import MIN_WORDS, Groups

MOST_VALUES = 8  # of an attribute; more are no groups to compare


def by_group(
    found: Found, codings: Sequence[CodedTranscript], attributes: Mapping[str, Mapping[str, str]]
) -> Found:
    """The themes with their statements by each attribute that puts several interviews together.

    `attributes` are by transcript, such as `{"a": {"wave": "2016"}}`.
    """
    kept = {}
    for name in dict.fromkeys(name for own in attributes.values() for name in own):
        values = [own[name] for own in attributes.values() if name in own]
        if 1 < len(set(values)) <= MOST_VALUES and len(set(values)) < len(values):
            kept[name] = sorted(set(values))
    if not kept:
        return found
    place = {
        one.id: coding.transcript_id
        for coding in codings for one in coding.codable if len(one.text.split()) >= MIN_WORDS
    }  # fmt: skip

    def counted(transcripts: Counter[str]) -> Groups:
        return {
            name: {
                value: sum(n for one, n in transcripts.items() if attributes.get(one, {}).get(name) == value)
                for value in values
            }
            for name, values in kept.items()
        }

    themes = tuple(replace(one, groups=counted(Counter(one.transcripts))) for one in found.themes)
    return replace(found, themes=themes, groups=counted(Counter(place.values())))
