"""A server for the page, on this computer unless one asks for more."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from autocode.errors import AutocodeError
from autocode.store import Project
from autocode.web.app import create_app
from autocode.web.guard import new_token
from autocode.web.state import Review

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT = 8710


class ServeError(AutocodeError):
    """The page cannot be served so."""


def serve(
    project: Project,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    sign_in_as: str | None = None,
    learn: bool = True,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the project's page until Ctrl-C; `ready` hears the link to open.

    Without `port`, 8710 or the next that is free. Raises `ServeError` for an address that cannot be used and
    for a host other than this computer while a coder has no passphrase.
    """
    review = Review(project, learn=learn)
    if host not in LOOPBACK:
        _check_passphrases(review, host)
    if sign_in_as is not None and review.people.account(sign_in_as) is None and review.people.accounts():
        names = ", ".join(one.name for one in review.people.accounts())
        raise ServeError(f"--as: there is no coder '{sign_in_as}' in this project; there are {names}")
    listening = _listen(host, port)
    address = f"{'[::1]' if host == '::1' else host}:{listening.getsockname()[1]}"
    key = new_token()
    app = create_app(review, hosts=hosts_of(host, listening.getsockname()[1]), start_key=key,
                     sign_in_as=sign_in_as)  # fmt: skip
    _run(app, listening, lambda: ready(f"http://{address}/start?key={key}"))


def hosts_of(host: str, port: int) -> list[str]:
    """The Host headers that mean this page."""
    names = ["127.0.0.1", "localhost", "[::1]"] if host in LOOPBACK else [host, socket.gethostname()]
    if host in ("0.0.0.0", "::"):  # noqa: S104  # the user asked for it
        names = [socket.gethostname(), socket.getfqdn(), *_own_addresses(), "127.0.0.1", "localhost"]
    return [f"{name}:{port}" for name in names] + ([*names] if port == 80 else [])


def _own_addresses() -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)})
    except OSError:
        return []


def _check_passphrases(review: Review, host: str) -> None:
    accounts = [one for one in review.people.accounts() if one.active]
    without = [one.name for one in accounts if not one.has_passphrase]
    if not accounts or without:
        who = ", ".join(without) or "nobody yet"
        raise ServeError(
            f"--host {host}: others in the network could open the page, so every coder needs a passphrase "
            f"first (without one: {who}); set them under 'People' with 'autocode review' on this computer"
        )


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates = [port] if port is not None else [*range(PORT, PORT + 20), 0]
    problem: OSError | None = None
    for candidate in candidates:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            listening.listen(128)
        except OSError as error:
            listening.close()
            problem = error
        else:
            return listening
    assert problem is not None
    raise ServeError(f"{host}, port {port or PORT}: cannot listen there ({problem.strerror or problem})")


def _run(app: Any, listening: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.web.closing = True  # ends the event streams
            await super().shutdown(sockets=sockets)

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_graceful_shutdown=1, lifespan="on", ws="none", proxy_headers=False,
    )  # fmt: skip
    server = Server(config)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # the server hands it on when it has ended
        if not server.started:
            raise
    finally:
        listening.close()
