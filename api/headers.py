"""What every answer carries, and how large a request may be."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_BODY_LIMIT = 64 * 1024


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
                    headers[name] = value
                headers.setdefault("Cache-Control", cache)
            await send(message)

        if scope["method"] == "POST" and not _acceptable(Headers(scope=scope)):
            refusal = answer(413, "too-large", f"a body must declare a length of at most {_BODY_LIMIT} bytes")
            await refusal(scope, receive, secured)
            return
        await self._app(scope, receive, secured)


def _acceptable(headers: Headers) -> bool:
    length = headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length) <= _BODY_LIMIT
