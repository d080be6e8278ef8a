"""Projects of other programs for qualitative analysis: read, taken over into a project, and written.

`read_project` opens a file of any of the `FORMATS` by its content (`read_refi` a REFI-QDA file),
`plan_import` says what of it is new to a project, `import_plan` stores that. `to_refi` gives a project as the
records of `refi`, `write_refi` writes them.
"""

from autocode.exchange.alone import Alone, Coded, standing_alone
from autocode.exchange.formats import FORMATS, is_foreign_project, read_project
from autocode.exchange.project_in import Incoming, Plan, Stored, import_plan, plan_import
from autocode.exchange.project_out import to_refi
from autocode.exchange.refi_read import Opened, quotes, read_refi
from autocode.exchange.refi_write import LINE_ENDS, LineEnds, write_refi

__all__ = [
    "FORMATS",
    "LINE_ENDS",
    "Alone",
    "Coded",
    "Incoming",
    "LineEnds",
    "Opened",
    "Plan",
    "Stored",
    "import_plan",
    "is_foreign_project",
    "plan_import",
    "quotes",
    "read_project",
    "read_refi",
    "standing_alone",
    "to_refi",
    "write_refi",
]
