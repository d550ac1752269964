import msgspec
import pytest

from domain.sample import Notice, RefusalReason
from ingest.codecs.event import decode_event
from ingest.fleet import Fleet

NOW_NS = 1_768_449_600_000_000_000


@pytest.mark.parametrize("name", ["online", "offline"])
def test_an_event_cannot_pass_for_a_birth_or_a_will(name: str, fleet: Fleet) -> None:
    payload = msgspec.json.encode({"boot_id": "b", "seq": 4, "event": name})
    decoded = decode_event(payload, fleet.sources["DL-GD-0001"], NOW_NS, fleet)
    assert not decoded.notices
    assert [(sample.seq, dict(sample.values)) for sample in decoded.samples] == [(4, {})]
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [(RefusalReason.SCHEMA, "event")]


def test_an_event_without_a_time_happened_when_it_arrived(fleet: Fleet) -> None:
    decoded = decode_event(b'{"event":"mute"}', fleet.sources["DL-GD-0001"], NOW_NS, fleet)
    assert decoded.notices == (Notice("DL-GD-0001", "mute", NOW_NS),)
    assert not decoded.refusals


def test_an_event_whose_time_cannot_be_read_is_kept_and_its_time_refused(fleet: Fleet) -> None:
    decoded = decode_event(b'{"event":"mute","time":"noon"}', fleet.sources["DL-GD-0001"], NOW_NS, fleet)
    assert decoded.notices == (Notice("DL-GD-0001", "mute", NOW_NS),)
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [(RefusalReason.NO_TIME, "time")]
