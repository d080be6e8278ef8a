"""Projects of other programs for qualitative analysis: read, taken over into a project, and written.

`read_project` opens a file of any of the `READERS` by its content (`read_refi` a REFI-QDA file),
`plan_import` says what of it is new to a project, `import_plan` stores that; `read_answers`, `plan_answers`
and `import_answers` do the same for annotation tools and coded datasets. `gather` reads a project once,
`FORMATS` says what it can be written as, and `save` writes it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "alone": ("Alone", "Coded", "standing_alone"),
    "answers": ("Answers", "holds_answers", "read_answers"),
    "answers_in": ("import_answers",),
    "answers_plan": ("AnswersPlan", "name_coders", "plan_answers"),
    "formats": ("FORMATS", "Format", "check_place", "format_named", "notes_on", "save", "save_archive"),
    "gathered": ("Choice", "Gathered", "gather"),
    "project_in": ("Incoming", "Plan", "Stored", "import_plan", "plan_import"),
    "project_out": ("as_refi", "to_refi"),
    "readers": ("READERS", "Reader", "is_foreign_project", "read_project"),
    "refi_read": ("Opened", "quotes", "read_refi"),
    "refi_write": ("LINE_ENDS", "LineEnds", "refi_bytes", "write_refi"),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "FORMATS",
    "LINE_ENDS",
    "READERS",
    "Alone",
    "Answers",
    "AnswersPlan",
    "Choice",
    "Coded",
    "Format",
    "Gathered",
    "Incoming",
    "LineEnds",
    "Opened",
    "Plan",
    "Reader",
    "Stored",
    "as_refi",
    "check_place",
    "format_named",
    "gather",
    "holds_answers",
    "import_answers",
    "import_plan",
    "is_foreign_project",
    "name_coders",
    "notes_on",
    "plan_answers",
    "plan_import",
    "quotes",
    "read_answers",
    "read_project",
    "read_refi",
    "refi_bytes",
    "save",
    "save_archive",
    "standing_alone",
    "to_refi",
    "write_refi",
]

if TYPE_CHECKING:
    from autocode.exchange.alone import Alone, Coded, standing_alone
    from autocode.exchange.answers import Answers, holds_answers, read_answers
    from autocode.exchange.answers_in import import_answers
    from autocode.exchange.answers_plan import AnswersPlan, name_coders, plan_answers
    from autocode.exchange.formats import (
        FORMATS,
        Format,
        check_place,
        format_named,
        notes_on,
        save,
        save_archive,
    )
    from autocode.exchange.gathered import Choice, Gathered, gather
    from autocode.exchange.project_in import Incoming, Plan, Stored, import_plan, plan_import
    from autocode.exchange.project_out import as_refi, to_refi
    from autocode.exchange.readers import READERS, Reader, is_foreign_project, read_project
    from autocode.exchange.refi_read import Opened, quotes, read_refi
    from autocode.exchange.refi_write import LINE_ENDS, LineEnds, refi_bytes, write_refi


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the table of formats alone costs nothing."""
    if name in _MODULE_OF:
        return getattr(import_module(f"autocode.exchange.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'autocode.exchange' has no attribute '{name}'")
