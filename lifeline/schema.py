"""The canonical records as JSON Schema (2020-12), as published in `docs/schema`."""

from collections.abc import Mapping

import msgspec

from lifeline.records import KINDS, SCHEMA_VERSION


def schemas() -> Mapping[str, bytes]:
    """Give one document for each record, by its kind."""
    return {kind: _text(kind) for kind in KINDS}


def _text(kind: str) -> bytes:
    (root,), parts = msgspec.json.schema_components([KINDS[kind]], ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gas-lifeline:{kind}:{SCHEMA_VERSION}",
        **root,
        "$defs": parts,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
