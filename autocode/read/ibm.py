"""IBM Watson Speech to Text: results with time stamps, speakers in a list that goes by the times."""

from __future__ import annotations

from typing import Any

from autocode.read.json_tree import look, objects, parse_json, seconds, speaker_name, string
from autocode.read.layout import Spoken, lay_out
from autocode.read.reader import Found, Source
from autocode.read.timed_words import Word, said


def is_ibm(document: Any) -> bool:
    """Whether a JSON document has the results of Watson, perhaps those of a job."""
    parts = _parts(document)
    alternatives = [
        one
        for part in parts
        for result in objects(part.get("results"))[:5]
        for one in objects(result.get("alternatives"))
    ]
    timed = any("timestamps" in one for one in alternatives)
    return timed or (bool(alternatives) and any("speaker_labels" in part for part in parts))


def read_ibm(source: Source) -> list[Found]:
    """One transcript; without punctuation, results stand for sentences. Raises `ReadError`."""
    document, warnings = parse_json(source)
    spoken: list[Spoken] = []
    for part in _parts(document):
        names = {
            (seconds(label.get("from")), seconds(label.get("to"))): speaker_name(label.get("speaker"))
            for label in objects(part.get("speaker_labels"))
        }
        results = objects(part.get("results"))
        final = [one for one in results if one.get("final") is not False]
        for result in final or results:  # what is not final is said again
            spoken.extend(_result(result, names))
    laid_out, pieces = lay_out(spoken)
    return [Found(laid_out, pieces, warnings)]


def _parts(document: Any) -> list[dict[str, Any]]:
    """The parts of a job that have results of their own, or the document itself."""
    results = objects(look(document, "results"))
    inner = [one for one in results if isinstance(one.get("results"), list)]
    return inner or objects([document])


def _result(
    result: dict[str, Any], names: dict[tuple[float | None, float | None], str | None]
) -> list[Spoken]:
    """What one result says, cut where the speaker changes."""
    best = next(iter(objects(result.get("alternatives"))), {})
    groups: list[list[Word]] = []
    stamps = best.get("timestamps")
    for stamp in stamps if isinstance(stamps, list) else []:
        text, start, end = [*stamp, None, None, None][:3] if isinstance(stamp, list) else [None] * 3
        start_s, end_s = seconds(start), seconds(end)
        word = Word(string(text), start_s, end_s, names.get((start_s, end_s)))
        if groups and word.speaker in (None, groups[-1][0].speaker):
            groups[-1].append(word)
        elif word.text.strip():
            groups.append([word])
    if not groups:
        return [Spoken(None, string(best.get("transcript")))]
    return [said(group, joins=bool(names)) for group in groups]
