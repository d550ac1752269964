"""A device's answer to a command."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from domain.sample import Decoded, Notice, RefusalReason, Sample
from ingest.codecs.notices import Head, arrival, decode_notice
from ingest.fleet import Fleet, Source
from ingest.wire import TEXT, Fields, text

_KEYS = ("boot_id", "seq", "command_id", "result", "time", "detail")
_RESULT = "accepted, done or refused"
_DETAIL = "text of at most 500 characters"
_result = msgspec.json.Decoder(Literal["accepted", "done", "refused"]).decode
_detail = msgspec.json.Decoder(Annotated[str, Meta(max_length=500)]).decode


def decode_command_result(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    return decode_notice(payload, source, received_ns, fleet, known=_KEYS, read=_read)


def _read(fields: Fields, head: Head) -> Notice | Sample | None:
    boot_id, seq = fields.identity()
    result = fields.take("result", _result, _RESULT, RefusalReason.SCHEMA)
    command_id = fields.take("command_id", text, TEXT)
    detail = fields.take("detail", _detail, _DETAIL)
    for key, expected in (("result", _RESULT), ("command_id", TEXT)):
        if key not in fields:
            fields.refuse(RefusalReason.SCHEMA, key, f"{key} is missing; expected {expected}")
    if result is None or command_id is None:
        return arrival(head, boot_id, seq)
    return Notice(head.device, result, head.time_ns, boot_id, seq, detail=f"{command_id} {detail or ''}".rstrip())
