"""How a project was coded, from its own records: who did how much, when, how blind, under which codebook."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocode.codebook import Codebook, diff
from autocode.dataset import CONSENSUS, CodedDataset, is_machine

if TYPE_CHECKING:
    from autocode.store import Project, ReviewStore


def work_of_dataset(dataset: CodedDataset) -> dict[str, Any]:
    """What a coded dataset tells: how many people coded how much."""
    people = {
        coder: coding
        for coder, coding in dataset.codings.by_coder.items()
        if coder != CONSENSUS and not is_machine(coder)
    }
    times = Counter(unit for coding in people.values() for unit in coding)
    return {
        "n_coders": len(people),
        "n_read": len(times),
        "n_read_twice": sum(n > 1 for n in times.values()),
        "n_codings": sum(times.values()),
        "n_agreed": len(dataset.codings.by_coder.get(CONSENSUS, {})),
    }


def work_of_project(project: Project, people: ReviewStore) -> dict[str, Any]:
    """What the project's log tells. Dates are days (UTC)."""
    first = [one for one in people.first_decisions() if one[0] != CONSENSUS]
    agreed = sum(one.coder == CONSENSUS and one.done for one in people.said())
    decided = [one for one in people.decided() if one.coder != CONSENSUS]
    days = sorted(one.decided_at.date().isoformat() for one in decided)
    times = Counter(unit for _, _, unit, *_ in first)
    added = sorted(one.added_at.date().isoformat() for one in project.store.transcripts())
    n_yes, n_no = (sum(one.applies is applies for one in decided) for applies in (True, False))
    run = project.store.latest_run(status="finished")
    return {
        "added": _span(added),
        "n_coders": len({coder for coder, *_ in first} | {one.coder for one in decided}),
        "n_read": len(times),
        "n_read_twice": sum(n > 1 for n in times.values()),
        "n_codings": len(first),
        "n_blind": sum(arm == "blind" for _, _, _, arm, _, _ in first),
        "n_agreed": agreed,
        "n_accepting": n_yes,
        "n_rejecting": n_no,
        "decided": _span(days),
        "memos": dict(Counter(one.kind for one in people.memos())),
        "versions": _versions(project),
        "machine": None if run is None else {"autocode": run.info.version, "seed": run.info.seed},
    }


def _versions(project: Project) -> list[dict[str, Any]]:
    """Every version of the codebook that was coded with, and what was changed in it."""
    found: list[dict[str, Any]] = []
    before: Codebook | None = None
    for one in project.store.codebooks():
        content = json.loads(one.json)
        book = Codebook.model_validate(content) if content.get("name") else None
        changes: Mapping[str, int] = {}
        if before is not None and book is not None:
            changes = Counter(change.kind for change in diff(before, book))
        found.append(
            {"number": one.number, "day": one.added_at.date().isoformat(), "note": one.note,
             "n_codes": None if book is None else len(book.codes), "changes": dict(changes)}
        )  # fmt: skip
        before = book
    return found


def _span(days: list[str]) -> list[str]:
    return [days[0], days[-1]] if days else []
