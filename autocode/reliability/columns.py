"""Columns of who looked at what: the optional ones, their values, and where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autocode.errors import ReadError

YES, NO = ("1", "true", "yes", "y", "x"), ("0", "false", "no", "n")


class Extra:
    """What a coverage table may tell beyond who looked at what."""

    def __init__(self) -> None:
        self.rounds: dict[tuple[str, str], str] = {}
        self.moments: dict[tuple[str, str], float] = {}
        self.blind: dict[tuple[str, str], bool | None] = {}

    def add(self, coder: str, unit: str, row: Mapping[str, Any], where: str) -> None:
        """Note a row's optional columns.

        Raises `ReadError` for values that cannot be understood, and for a second round: the codes of two
        rounds would run together.
        """
        key = coder, unit
        if (label := text_of(row.get("round"))) != "" and self.rounds.setdefault(key, label) != label:
            raise ReadError(
                f"{where}: '{coder}' codes '{unit}' in round '{label}', and before in round "
                f"'{self.rounds[key]}'; give what was coded again an id of its own, or keep one of the two"
            )
        if (at := text_of(row.get("coded_at"))) != "":
            self.moments[key] = moment(at, where)
        for column, blind in (("blind", True), ("saw_machine", False)):
            if (said := text_of(row.get(column))) != "":
                found = flag(said, f"{where}: '{column}'") is blind
                if self.blind.setdefault(key, found) is not found:
                    raise ReadError(
                        f"{where}: '{coder}' coded '{unit}' blind by one row and with the machine's "
                        "suggestion by another"
                    )


def flag(text: str, where: str) -> bool:
    """Yes or no in the usual spellings. Raises `ReadError`."""
    low = text.strip().casefold()
    if low not in YES + NO:
        raise ReadError(f"{where} is '{text}'; write 1 or 0")
    return low in YES


def moment(text: str, where: str) -> float:
    """Seconds of an ISO date or time, or a plain number. Raises `ReadError`."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ReadError(f"{where}: 'coded_at' is '{text}'; write a date such as 2025-03-31T14:05") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def text_of(value: object) -> str:
    """A cell as text; none is empty."""
    return "" if value is None else str(value).strip()


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
