"""Themes without names: what is written of them may be passed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autocode.anonymise import Key, anonymise, numbered_key, still_named
from autocode.pipeline import CodedTranscript
from autocode.records import Transcript
from autocode.report.apa import counted
from autocode.respondents import person, respondents_of
from autocode.segment.lemmas import dictionary
from autocode.themes.find import Found, label_of
from autocode.themes.theme import Groups, Theme


def without_names(
    found: Found, codings: Sequence[CodedTranscript], transcripts: Sequence[Transcript], *,
    folder: Path | None, language: str,
) -> Found:  # fmt: skip
    """The themes with respondents' numbers and placeholders in the place of names, as in the findings.

    A person's name is no word of a theme either. Names are the speakers', and those of the list and the key
    of `autocode anonymise` in `folder`.
    """
    codable = [one for coding in codings for one in coding.codable]
    people: dict[str, list[str]] = {}
    numbers = respondents_of(codable)
    for one in codable:
        people.setdefault(numbers[person(one)], []).append(one.speaker)
    key = numbered_key(transcripts, people, folder=folder, language=language)
    persons = frozenset(
        part.casefold()
        for name in key.names if name.kind == "person"
        for spelling in name.spellings for part in spelling.split()
    )  # fmt: skip
    codes = found.codes
    if codes is not None:
        codes = replace(codes, said=tuple(replace(one, text=anonymise(one.text, key)) for one in codes.said))
    themes = tuple(_theme(one, key, persons) for one in found.themes)
    texts = [(one.transcript_id, one.text) for theme in themes for one in theme.statements]
    left = still_named((((place, 0), text) for place, text in texts), key, ordinary=dictionary(language))
    warnings = (_may_be_names(len(left), project=folder is not None),) if left else ()
    return replace(found, themes=themes, codes=codes, groups=_groups(found.groups, key), warnings=warnings)


def _may_be_names(n: int, *, project: bool) -> str:
    what = f"{counted(n, 'word')} with a capital in the statements of themes may be names"
    if project:
        return f"{what}; 'autocode anonymise --check' lists them for names.csv, which themes follow"
    return f"{what}; themes of the copies that 'autocode anonymise' writes have none that you list"


def _theme(theme: Theme, key: Key, persons: frozenset[str]) -> Theme:
    words = tuple(word for word in theme.words if word not in persons)
    statements = tuple(replace(one, text=anonymise(one.text, key)) for one in theme.statements)
    return replace(
        theme, words=words, label=label_of(theme.id, words), statements=statements,
        groups=_groups(theme.groups, key),
    )  # fmt: skip


def _groups(groups: Groups, key: Key) -> Groups:
    found: dict[str, dict[str, int]] = {}
    for name, values in groups.items():
        own = found.setdefault(name, {})
        for value, n in values.items():  # two names of one firm are one group
            told = anonymise(value, key)
            own[told] = own.get(told, 0) + n
    return found
