"""Projects of other programs for qualitative analysis: read, taken over into a project, and written.

`read_refi` opens a REFI-QDA file, `plan_import` says what of it is new to a project, `import_plan` stores
that. `to_refi` gives a project as the records of `refi`, `write_refi` writes them.
"""

from autocode.exchange.project_in import Incoming, Plan, Stored, import_plan, plan_import
from autocode.exchange.project_out import to_refi
from autocode.exchange.refi_read import Opened, quotes, read_refi
from autocode.exchange.refi_write import LINE_ENDS, LineEnds, write_refi

__all__ = [
    "LINE_ENDS",
    "Incoming",
    "LineEnds",
    "Opened",
    "Plan",
    "Stored",
    "import_plan",
    "plan_import",
    "quotes",
    "read_refi",
    "to_refi",
    "write_refi",
]
