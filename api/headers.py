"""What every answer carries, and how large a request may be."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_ALWAYS = {
    "Content-Security-Policy": CSP,  # a page that is shown within another one brings its own
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_BODY_LIMIT = 64 * 1024
_FILE_LIMIT = 4_500_000
"""Of what carries a file: an attachment of 3 MiB in base64, a table."""
_FILES = re.compile(r"/api/v1/hazards/(?:import|[^/]+/attachments)")


class Guard:
    """Sets the security headers and refuses bodies that are too large or do not say how large they are.

    Pure ASGI: a response that streams passes through untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = "no-cache" if not scope["path"].startswith(("/api", "/healthz", "/readyz")) else "no-store"

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", cache)
            await send(message)

        limit = _FILE_LIMIT if _FILES.fullmatch(scope["path"]) else _BODY_LIMIT
        if scope["method"] == "POST" and not _acceptable(Headers(scope=scope), limit):
            refusal = answer(413, "too-large", f"a body must declare a length of at most {limit} bytes")
            await refusal(scope, receive, secured)
            return
        await self._app(scope, receive, secured)


def _acceptable(headers: Headers, limit: int) -> bool:
    length = headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length) <= limit
