"""An HTTP client that shares what it trusts: reading all authorities takes longer than most tests with a server."""

import ssl

import httpx2

_TRUST = ssl.create_default_context()


def trusting() -> httpx2.Client:
    return httpx2.Client(verify=_TRUST)
