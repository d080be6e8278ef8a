"""Who may talk to the page: hosts, origins, sign-ins, tokens, sizes, and how often one may guess.

The page holds confidential interviews and listens where any web page in the same browser can send
requests to, so every request is checked: its Host (a name rebound to 127.0.0.1), its Origin (another
site's form), the cookie, and for everything that changes something a token that other sites cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from autocode.errors import AutocodeError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1_000_000  # bytes
LEAST_PASSPHRASE = 8  # characters
SAFE_METHODS = ("GET", "HEAD")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class RefusedError(AutocodeError):
    """A request that is not carried out: a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


TOO_LARGE = 413, "the request is too large"
MISTAKE = 500, "autocode met an error of its own; the terminal in which it runs says more"


class Guard:
    """ASGI middleware: refuses what no browser of ours would send, and adds the headers to all answers."""

    def __init__(self, app: App, *, hosts: Iterable[str], larger: Mapping[str, int] | None = None) -> None:
        self.app, self.hosts = app, frozenset(host.lower() for host in hosts)
        self.larger = larger or {}  # paths that take more than `MAX_BODY` bytes, and how many

    def _limit(self, scope: Scope) -> int:
        return self.larger.get(scope["path"], MAX_BODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then hand on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started, n_read, limit = False, 0, self._limit(scope)

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = {name.lower() for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *((n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given),
                ]
            await send(message)

        async def limited() -> MutableMapping[str, Any]:
            nonlocal n_read
            message = await receive()
            n_read += len(message.get("body", b""))
            if n_read > limit:
                raise RefusedError(*TOO_LARGE)
            return message

        async def send_unless_too_large(message: MutableMapping[str, Any]) -> None:
            if n_read <= limit:  # else whoever read the body has made an answer of his own of our refusal
                await send_with_headers(message)

        try:
            self._check(scope)
            await self.app(scope, limited, send_unless_too_large)
            if n_read > limit:
                raise RefusedError(*TOO_LARGE)
        except RefusedError as error:
            if not started:
                await _answer(send_with_headers, error)
        except Exception:  # our own mistake: the server tells it in the terminal
            if not started:
                await _answer(send_with_headers, RefusedError(*MISTAKE))
            raise

    def _check(self, scope: Scope) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "").lower()
        if host not in self.hosts:
            raise RefusedError(
                421, "this address is not the review page's; use the one that autocode printed"
            )
        length = headers.get(b"content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            raise RefusedError(400, "the request's length is no number")
        if len(length) > 20 or int(length) > self._limit(scope):
            raise RefusedError(*TOO_LARGE)
        if scope["method"] in SAFE_METHODS:
            return
        origin = headers.get(b"origin")
        if origin is not None and _host_of(origin) != host:
            raise RefusedError(403, "the request comes from another site")
        if headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise RefusedError(403, "the request comes from another site")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # no address at all
        return ""


async def _answer(send: Send, error: RefusedError) -> None:
    body = f"{error}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def new_token() -> str:
    """A secret for a cookie or a link."""
    return secrets.token_urlsafe(32)


def sha256(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The token that forms and requests must carry, known only to pages of this sign-in."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def same(a: str, b: str) -> bool:
    """Equal, told in a time that does not depend on where they differ."""
    return hmac.compare_digest(a.encode(), b.encode())


_HASHER = PasswordHasher()


def hashed(passphrase: str) -> str:
    """The argon2id hash of a passphrase. Raises `RefusedError` if it is too short."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise RefusedError(400, f"a passphrase needs at least {LEAST_PASSPHRASE} characters")
    if len(passphrase) > 1000:
        raise RefusedError(400, "a passphrase has at most 1000 characters")
    return _HASHER.hash(passphrase)


_NOBODYS = _HASHER.hash(secrets.token_urlsafe(16))


def verified(stored: str | None, passphrase: str) -> bool:
    """Is this the passphrase? Takes as long for names that do not exist."""
    try:
        return _HASHER.verify(stored or _NOBODYS, passphrase[:1000]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


class Throttle:
    """Slows down guessing: after five wrong passphrases for a name, waits that double, up to five minutes."""

    FREE, FIRST_S, MOST_S, NAMES = 5, 2.0, 300.0, 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, name: str) -> None:
        """Raise `RefusedError` while one has to wait."""
        n, until = self._failures.get(_one_way(name), (0, 0.0))
        wait = until - self._clock()
        if n >= self.FREE and wait > 0:
            raise RefusedError(429, f"too many wrong passphrases; try again in {wait:.0f} s")

    def failed(self, name: str) -> None:
        """Count a wrong passphrase."""
        if len(self._failures) >= self.NAMES:
            self._failures.pop(next(iter(self._failures)))
        key = _one_way(name)
        n = self._failures.get(key, (0, 0.0))[0] + 1
        wait = min(self.MOST_S, self.FIRST_S * 2.0 ** max(0, n - self.FREE))
        self._failures[key] = n, self._clock() + wait

    def succeeded(self, name: str) -> None:
        """Forget the wrong ones."""
        self._failures.pop(_one_way(name), None)


def _one_way(name: str) -> str:
    """The name as accounts are looked up by it, so that each has one count whatever the spelling."""
    return " ".join(name.split()).casefold()
