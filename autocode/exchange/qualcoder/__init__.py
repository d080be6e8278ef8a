"""Reads QualCoder projects: the folder `name.qda`, its `data.qda` (SQLite), or a ZIP archive of it.

Columns and tables that a version lacks are taken as empty, and those that it has beside them are left alone:
its own programs differ by no more than that, from version 1 of the database to 17 (QualCoder 4.0).
"""

from autocode.exchange.qualcoder.database import NEEDED, database_in, database_of
from autocode.exchange.qualcoder.project import read_qualcoder

__all__ = ["NEEDED", "database_in", "database_of", "read_qualcoder"]
