"""The OpenAPI document: what FastAPI writes, and the refusals that every route may answer with."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

READING = (401, 403, 404, 422, 503)
CHANGING = (400, *READING, 409, 413, 429)
_PROBLEM = "Problem"
_NUMBER, _TEXT = {"type": "integer"}, {"type": "string"}
_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details; `code` is for programs, `detail` is one line for a person, `problems` "
    "are the lines of a table with many mistakes.",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": _NUMBER,
        "code": _TEXT,
        "detail": _TEXT,
        "problems": {"type": "array", "items": _TEXT},
    },
    "required": ["type", "title", "status", "code", "detail"],
}


def describe(app: FastAPI) -> None:
    """Let `app.openapi` tell the problems too: FastAPI itself knows only of its own, in a shape that we do not send."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        document = written()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas[_PROBLEM] = _SCHEMA
        for path in document["paths"].values():
            for method, operation in path.items():
                answers = operation["responses"]
                answers.pop("422", None)
                for status in READING if method == "get" else CHANGING:
                    answers.setdefault(str(status), _refusal(status))
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{_PROBLEM}"}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": schema}},
    }
