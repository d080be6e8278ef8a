"""The project and its database: the only SQL in autocode.

Import it where it is used, not at the top of a module: SQLAlchemy takes a while.
"""

from autocode.store.database import OnWait
from autocode.store.entries import CodebookVersion, Coding, Run, RunInfo, RunStatus, TranscriptSummary
from autocode.store.migrations import SCHEMA_VERSION
from autocode.store.project import Project, create_project, find_project, open_project
from autocode.store.review import (
    Account,
    Decided,
    Mark,
    Memo,
    Outcome,
    Pool,
    Reading,
    Request,
    ReviewStore,
    Said,
    Span,
    ThemeDecision,
)
from autocode.store.store import Store

__all__ = [
    "SCHEMA_VERSION",
    "Account",
    "CodebookVersion",
    "Coding",
    "Decided",
    "Mark",
    "Memo",
    "OnWait",
    "Outcome",
    "Pool",
    "Project",
    "Reading",
    "Request",
    "ReviewStore",
    "Run",
    "RunInfo",
    "RunStatus",
    "Said",
    "Span",
    "Store",
    "ThemeDecision",
    "TranscriptSummary",
    "create_project",
    "find_project",
    "open_project",
]
