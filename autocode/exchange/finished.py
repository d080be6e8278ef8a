"""Who has finished what: formats that have no place for an answer that is only begun leave it out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from autocode.dataset import is_whole, on_unfinished
from autocode.exchange.gathered import MACHINE, Gathered, Unit
from autocode.exchange.matrix import coders_of


def covered(gathered: Gathered) -> Iterator[tuple[Unit, str]]:
    """Who has said all that there is to say of which unit: the rest does not apply."""
    marking = _who_finish(gathered)
    for interview in gathered.interviews:
        for unit in interview.units:
            for coder in coders_of(gathered, unit):
                if coder == MACHINE or is_whole(
                    finished=coder in unit.finished,
                    applied=any(gathered.said(unit, coder).values()),
                    marks=coder in marking,
                ):
                    yield unit, coder


def notes(gathered: Gathered, units: Iterable[Unit], whole: Collection[tuple[Unit, str]]) -> list[str]:
    """What has to be said of what was begun on those `units`, where only the `covered` ones are written."""
    keys = {(unit.key, coder) for unit, coder in whole}
    never = {coder for _, coder in keys} - _who_finish(gathered) - {MACHINE}
    return on_unfinished(never, sum(any((one.key, who) not in keys for who in one.seen_by) for one in units))


def _who_finish(gathered: Gathered) -> set[str]:
    """The coders who mark statements as finished."""
    units = (unit for interview in gathered.interviews for unit in interview.units)
    return {coder for unit in units for coder in unit.finished}
