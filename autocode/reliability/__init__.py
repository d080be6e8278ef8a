"""The reliability report: who coded what, every coefficient with its interval, and what may be said of it.

One record (a plain JSON object) holds everything; tables, page and document are made from it.

    panel         who coded what, and how blind they were
    inputs        panels from coded datasets and projects
    spreadsheet   panels from long and wide tables
    compute       `agreement`: the record of a panel
    tables        the record as CSV, and the ratings to compute it anew
    plan          how many units to code twice, and which

>>> from autocode.reliability import agreement
>>> record = agreement("coded/")  # doctest: +SKIP
>>> record["results"]  # doctest: +SKIP
"""

from autocode.reliability.compute import agreement
from autocode.reliability.inputs import panel_of_dataset, panel_of_project, read_panel
from autocode.reliability.panel import Panel, Unit

__all__ = ["Panel", "Unit", "agreement", "panel_of_dataset", "panel_of_project", "read_panel"]
