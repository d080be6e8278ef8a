"""Accounts and sign-ins, and the settings that hold for everybody."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from autocode.errors import StoreError
from autocode.store.tables import (
    coders,
    compact_json,
    settings,
    sign_ins,
)

CoderRole = Literal["lead", "coder", "reader", "consensus"]
CONSENSUS = "consensus"  # the coder in whose name agreed codes are kept, beside those of people
PROJECT_ID = "project_id"  # the setting


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who reviews."""

    key: int
    name: str
    role: CoderRole
    has_passphrase: bool
    active: bool
    settings: Mapping[str, Any]


def accounts(connection: Connection) -> list[Account]:
    """Everybody, in the order in which they came; the consensus is nobody."""
    return [_account(row) for row in connection.execute(select(coders).order_by(coders.c.id))
            if row.role != CONSENSUS]  # fmt: skip


def named(connection: Connection, name: str) -> Account | None:
    """The account with this name, upper and lower case alike."""
    wanted = " ".join(name.split()).casefold()
    return next((one for one in accounts(connection) if one.name.casefold() == wanted), None)


def add(
    connection: Connection, name: str, role: CoderRole, *, passphrase_hash: str | None = None, now: datetime
) -> Account:
    """A new account. Raises `StoreError` for a name that is taken, empty or reserved."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise StoreError("a name needs 1 to 80 characters")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise StoreError("a name is made of letters, not of control characters")
    if name.casefold() == CONSENSUS:
        raise StoreError(f"the name '{CONSENSUS}' is kept for what coders agree on")
    if named(connection, name) is not None:
        raise StoreError(f"there is a coder '{name}' already; choose another name")
    key = _add_coder(connection, name, role, now, passphrase_hash)
    return _account(connection.execute(select(coders).where(coders.c.id == key)).one())


def change(connection: Connection, key: int, **values: Any) -> None:
    """Set `role`, `passphrase`, `active` or `settings` of an account."""
    if "settings" in values:
        values["settings"] = compact_json(values["settings"])
    connection.execute(update(coders).where(coders.c.id == key).values(values))
    if "passphrase" in values or values.get("active") is False:
        connection.execute(sign_ins.delete().where(sign_ins.c.coder_id == key))


def passphrase_hash(connection: Connection, key: int) -> str | None:
    """The argon2 hash of an account's passphrase."""
    return connection.scalar(select(coders.c.passphrase).where(coders.c.id == key))


def sign_in(connection: Connection, key: int, token_sha256: str, *, now: datetime) -> None:
    """Remember that the browser with this token is signed in."""
    values = {"token_sha256": token_sha256, "coder_id": key, "since": now}
    connection.execute(insert(sign_ins).values(values))


def sign_out(connection: Connection, token_sha256: str) -> None:
    """Forget a token."""
    connection.execute(sign_ins.delete().where(sign_ins.c.token_sha256 == token_sha256))


def signed_in(connection: Connection, token_sha256: str) -> tuple[Account, datetime] | None:
    """Whose token this is, and since when; None: nobody's."""
    query = (
        select(coders, sign_ins.c.since)
        .join(sign_ins, sign_ins.c.coder_id == coders.c.id)
        .where(sign_ins.c.token_sha256 == token_sha256, coders.c.active)
    )
    row = connection.execute(query).first()
    return None if row is None else (_account(row), row.since)


def setting(connection: Connection, name: str, default: Any = None) -> Any:
    """A setting, as it was stored."""
    value = connection.scalar(select(settings.c.value).where(settings.c.name == name))
    return default if value is None else json.loads(value)


def set_setting(connection: Connection, name: str, value: Any) -> None:
    """Store a setting."""
    connection.execute(settings.delete().where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=compact_json(value)))


def project_id(connection: Connection) -> str:
    """What tells this project from every other one; made when it is first asked for."""
    found = setting(connection, PROJECT_ID)
    if found is None:
        found = uuid4().hex
        set_setting(connection, PROJECT_ID, found)
    return str(found)


def consensus(connection: Connection, *, now: datetime) -> int:
    """The key of the coder in whose name agreed codes are kept."""
    key = connection.scalar(select(coders.c.id).where(coders.c.name == CONSENSUS))
    return int(key) if key else _add_coder(connection, CONSENSUS, CONSENSUS, now, None)


def _account(row: Row[Any]) -> Account:
    return Account(
        row.id, row.name, row.role, row.passphrase is not None, row.active, json.loads(row.settings)
    )


def _add_coder(
    connection: Connection, name: str, role: str, now: datetime, passphrase_hash: str | None
) -> int:
    values = {"name": name, "role": role, "added_at": now, "passphrase": passphrase_hash}
    return int(connection.execute(insert(coders).values(values).returning(coders.c.id)).scalar_one())
