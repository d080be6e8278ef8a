"""The review page: the only HTTP in autocode.

`serve` opens a project's page on this computer; `create_app` is the same as an ASGI application.
"""

from autocode.web.app import create_app
from autocode.web.serve import serve
from autocode.web.state import Review

__all__ = ["Review", "create_app", "serve"]
