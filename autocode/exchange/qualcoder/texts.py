"""QualCoder's texts and what lies on them: codings, annotations, parts of cases.

Positions count characters of `source.fulltext`, end exclusive; `seltext` is what was selected, and decides
where the two disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autocode.exchange import refi
from autocode.exchange.positions import Calibration, Mark, Ruler, calibrate
from autocode.exchange.qualcoder.database import SPEAKER_CODER, Study, guid, time_of
from autocode.exchange.quoted import as_quoted, nearest
from autocode.exchange.refi_read import counted
from autocode.exchange.sqlite_file import number_of, text_of

_MEDIA = {"images": "picture", "audio": "recording", "video": "film"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A coding, annotation or part of a case before its place is known to be right."""

    selection: refi.Selection
    quote: str = ""


Stretches = defaultdict[int, list[Stretch]]  # by the number of the text


def read_stretches(study: Study, codes: set[str]) -> Stretches:
    """Codings with these codes, and annotations; marks of who speaks are neither."""
    found: Stretches = defaultdict(list)
    guids = {one: guid("code", one) for (one,) in study.tables.rows("code_name", "cid")}
    for id, code, file, quote, start, end, owner, date, memo, important in study.tables.rows(
        "code_text", "ctid", "cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo", "important"
    ):
        if owner == SPEAKER_CODER:
            study.counts["mark of who speaks (the labels in the text tell it)"] += 1
            continue
        if guids.get(code) not in codes:
            study.counts["coding with a code that is not there"] += 1
            continue
        user, at = study.user(owner), time_of(date)
        study.counts["mark 'important' on a coding"] += bool(number_of(important))
        coding = refi.Coding(guid("coding", id), guids[code], user, at)
        add_stretch(study, found, file, (start, end), refi.Selection(
            guid("selection", id), 0, 0, description=text_of(memo), user=user, created_at=at,
            codings=(coding,),
        ), text_of(quote))  # fmt: skip
    for id, file, start, end, memo, owner, date in study.tables.rows(
        "annotation", "anid", "fid", "pos0", "pos1", "memo", "owner", "date"
    ):
        add_stretch(study, found, file, (start, end), refi.Selection(
            guid("annotation", id), 0, 0, description=text_of(memo), user=study.user(owner),
            created_at=time_of(date),
        ))  # fmt: skip
    return found


def add_stretch(  # noqa: PLR0917
    study: Study, found: Stretches, file: object, place: tuple[object, object], selection: refi.Selection,
    quote: str = "",
) -> None:  # fmt: skip
    """Take a stretch up where it has a place."""
    number, start, end = number_of(file), *map(number_of, place)
    if number is None or start is None or end is None:
        study.counts["coding or note without a place"] += 1
        return
    found[number].append(Stretch(replace(selection, start_char=start, end_char=end, name=quote[:100]), quote))


def read_texts(
    study: Study, stretches: Stretches, values: Mapping[tuple[str, int | None], Sequence[refi.Value]]
) -> tuple[tuple[refi.Source, ...], Calibration]:
    """The sources with what lies on them, and how the file counts positions."""
    rulers: list[tuple[int, refi.Source, Ruler | None]] = []
    seen = set[int]()
    for id, name, text, media, memo, owner, date in study.tables.rows(
        "source", "id", "name", "fulltext", "mediapath", "memo", "owner", "date"
    ):
        number = number_of(id)
        if number is None or number in seen:
            study.counts["second document with the same number"] += 1
            continue
        seen.add(number)
        source = refi.Source(
            guid=guid("source", id),
            name=text_of(name) or f"source {id}",
            text=None,
            description=text_of(memo),
            user=study.user(owner),
            created_at=time_of(date),
            values=tuple(values.get(("file", number), ())),
        )
        rulers.append((number, source, _ruler(study, text, text_of(media))))
    marks = {
        id: [Mark(one.selection.start_char, one.selection.end_char, one.quote) for one in stretches[id]]
        for id, _, _ in rulers
    }
    found = calibrate(
        [
            (ruler, [mark for mark in marks[id] if mark.name] or marks[id])
            for id, _, ruler in rulers
            if ruler is not None
        ]
    )
    if unusual := found.rule.differences():
        study.warnings.append(
            f"positions are counted {', '.join(unusual)} (found by {found.decided_by}); converted"
        )
    sources = []
    for id, bare, ruler in rulers:
        source = bare
        if ruler is not None:
            places = ruler.places(marks[id], found.rule).tolist()
            kept = _placed(study, ruler.text, stretches.pop(id), places)
            source = replace(bare, text=ruler.text, selections=kept)
        sources.append(source)
    study.counts["coding or note on a text that is not there"] += sum(map(len, stretches.values()))
    return tuple(sources), found


def _ruler(study: Study, text: object, media: str) -> Ruler | None:
    kind = _MEDIA.get(media.lstrip("/").partition(":")[0].partition("/")[0])
    if text is None or (kind is not None and not text):
        study.counts[kind or "document without its text"] += 1
        return None
    return Ruler(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))


def _placed(
    study: Study, text: str, stretches: Sequence[Stretch], places: Iterable[Sequence[int]]
) -> tuple[refi.Selection, ...]:  # fmt: skip
    """The selections where their quotes stand; those that lie outside of the text are left out."""
    kept, n_moved, n_lost = [], 0, 0
    for one, (start, end, _) in zip(stretches, places, strict=True):
        place = (start, end)
        quote = as_quoted(one.quote)
        if quote and (start < 0 or text[start:end] != quote):
            elsewhere = nearest(text, quote, one.selection.start_char)
            n_moved += elsewhere is not None
            n_lost += elsewhere is None and start >= 0
            place = elsewhere or place
        if place[0] < 0:
            study.counts["coding or note that lies outside its text"] += 1
        elif place[1] <= place[0]:
            study.counts["coding or note without any text"] += 1
        else:
            kept.append(replace(one.selection, start_char=place[0], end_char=place[1]))
    if n_moved:
        study.warnings.append(f"{counted(n_moved, 'coding')} stood beside its quote: put where the quote is")
    if n_lost:
        study.warnings.append(
            f"{counted(n_lost, 'quote')} is not in its text, which was changed later: the place was kept"
        )
    return tuple(kept)
