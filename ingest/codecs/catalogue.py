"""Which codec reads which kind of topic."""

from collections.abc import Callable

from domain.sample import Decoded
from ingest.codecs.batch import decode_batch
from ingest.codecs.command_result import decode_command_result
from ingest.codecs.ctwing import decode_ctwing
from ingest.codecs.delivery import decode_delivery
from ingest.codecs.event import decode_event
from ingest.codecs.gb26875 import decode_gb26875
from ingest.codecs.onenet import decode_onenet
from ingest.codecs.status import decode_status
from ingest.codecs.telemetry import decode_telemetry
from ingest.fleet import Fleet, Source

Codec = Callable[[bytes, Source, int, Fleet], Decoded]
"""(payload, registered device of the topic, time of arrival, all devices): a pure function that never raises."""

CATALOGUE: dict[str, Codec] = {
    "telemetry": decode_telemetry,
    "status": decode_status,
    "event": decode_event,
    "command_result": decode_command_result,
    "batch": decode_batch,
    "gb26875": decode_gb26875,
    "ctwing": decode_ctwing,
    "onenet": decode_onenet,
    "delivery": decode_delivery,
}
