"""How much had been taught to the machine when somebody decided: the log keeps the model's name."""

from __future__ import annotations

import json
import re

from sqlalchemy import Connection, select

from autocode.store.tables import actions, coders, utterances

TAUGHT = re.compile(r"learnt from (\d+)( \(with the trained model .*\))?")


def model_name(n_labelled: int, trained: str = "") -> str:
    """The name of a model that has learnt from so many utterances, as it stands in the log.

    `trained` is the name of the project's trained model, if it began with that one.
    """
    return f"learnt from {n_labelled}" + (f" (with the trained model {trained})" if trained else "")


def n_learnt(name: str | None) -> int | None:
    """From how many utterances the model of this name had learnt: none for "", None where it is not known."""
    if name == "":
        return 0
    found = TAUGHT.fullmatch(name or "")
    return int(found[1]) if found else None


def when_first_done(connection: Connection) -> dict[tuple[str, str], int | None]:
    """By coder and utterance: from how many utterances the machine had learnt when it was first finished."""
    query = select(actions.c.actor_id, actions.c.changes, actions.c.shown).order_by(actions.c.id)
    first: dict[tuple[int, int], int | None] = {}
    for actor, changes, text in connection.execute(query):
        done = [change[1] for change in json.loads(changes) if change[0] == "done" and change[2]]
        if done:
            shown = json.loads(text)
            n = n_learnt(shown.get("model"))
            for unit in done:
                first.setdefault((shown.get("for", actor), unit), n)
    people = {row.id: row.name for row in connection.execute(select(coders.c.id, coders.c.name))}
    units = {row.id: row.name for row in connection.execute(select(utterances.c.id, utterances.c.name))}
    return {
        (people[coder], units[unit]): n
        for (coder, unit), n in first.items()
        if coder in people and unit in units
    }
