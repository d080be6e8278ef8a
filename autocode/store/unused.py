"""Keys of rows that were deleted do not come back: an open page, or a decision that waits in a browser, may
still mean the old row.

PostgreSQL counts on by itself. SQLite goes on from the highest key that is there, so the highest that ever
was is written down before rows are deleted.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select

from autocode.store.people import set_setting, setting
from autocode.store.tables import codings, transcripts, utterances

KEYS_USED = "keys_used"  # the setting: by table, the highest key when rows were deleted last


def keep_highest(connection: Connection) -> None:
    """Write down the highest keys; to be called before rows are deleted."""
    if connection.dialect.name != "sqlite":
        return
    known: dict[str, int] = setting(connection, KEYS_USED, {})
    highest = {
        table.name: max(known.get(table.name, 0), _highest(connection, table))
        for table in (transcripts, codings, utterances)
    }
    if highest != known:
        set_setting(connection, KEYS_USED, highest)


def next_key(connection: Connection, table: Table) -> int | None:
    """The key for a new row, where the database would use an old one again; else None: it counts on."""
    used = int(setting(connection, KEYS_USED, {}).get(table.name, 0))
    return used + 1 if used > _highest(connection, table) else None


def _highest(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.max(table.c.id))) or 0
