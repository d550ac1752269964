from typing import Any

import msgspec
import pytest

from domain.sample import HEARTBEAT, Decoded, Notice, RefusalReason
from ingest.codecs.delivery import MOST, decode_delivery
from ingest.fleet import Fleet

NOW_NS = 1_768_449_600_000_000_000
SAID = {
    "time": NOW_NS // 1_000_000,
    "site": "R002",
    "vehicle": "LPG-07",
    "person": "李强",
    "inspected": True,
    "cylinder": "a",
}


def decode(fleet: Fleet, received_ns: int = NOW_NS, **said: Any) -> Decoded:  # noqa: ANN401 - keys of the message
    payload = msgspec.json.encode({key: value for key, value in (SAID | said).items() if value != "-"})
    return decode_delivery(payload, fleet.sources["DL-GW-0001"], received_ns, fleet)


def test_one_code_is_a_list_of_one_and_a_code_that_was_read_twice_is_one_cylinder(fleet: Fleet) -> None:
    (told,) = decode(fleet, cylinder=["b", "a", "b"], returned="c").deliveries
    assert (told.delivered, told.returned) == (("b", "a"), ("c",))
    (alone,) = decode(fleet, cylinder="-", returned="c").deliveries
    assert (alone.delivered, alone.returned) == ((), ("c",))


def test_it_is_a_sign_of_life_of_its_terminal(fleet: Fleet) -> None:
    decoded = decode(fleet, boot_id="b", seq=4)
    assert decoded.notices == (Notice("DL-GW-0001", HEARTBEAT, NOW_NS, "b", 4, detail="delivery"),)


def test_the_same_message_has_one_name_whenever_it_arrives(fleet: Fleet) -> None:
    (first,), (again,), (other,) = (
        decode(fleet, later, **said).deliveries
        for later, said in ((NOW_NS, {}), (NOW_NS + 10**12, {}), (NOW_NS, {"inspected": False}))
    )
    assert first.id == again.id != other.id
    numbered, changed = decode(fleet, boot_id="b", seq=4), decode(fleet, boot_id="b", seq=4, inspected=False)
    assert numbered.deliveries[0].id == changed.deliveries[0].id != first.id


@pytest.mark.parametrize(
    ("said", "reason", "part"),
    [
        ({"time": "-"}, RefusalReason.NO_TIME, "time"),
        ({"time": "noon"}, RefusalReason.NO_TIME, "time"),
        ({"site": "-"}, RefusalReason.SCHEMA, "site"),
        ({"person": "-"}, RefusalReason.SCHEMA, "person"),
        ({"vehicle": ""}, RefusalReason.WRONG_TYPE, "vehicle"),
        ({"inspected": "-"}, RefusalReason.SCHEMA, "inspected"),
        ({"inspected": 1}, RefusalReason.WRONG_TYPE, "inspected"),
        ({"cylinder": "-"}, RefusalReason.SCHEMA, "cylinder"),
        ({"cylinder": ["a", "a b"]}, RefusalReason.WRONG_TYPE, "cylinder"),
        ({"cylinder": "x" * 65}, RefusalReason.WRONG_TYPE, "cylinder"),
        ({"returned": [str(n) for n in range(MOST + 1)]}, RefusalReason.WRONG_TYPE, "returned"),
    ],
)
def test_half_a_delivery_moves_nothing_and_is_no_missing_message(
    said: dict[str, Any], reason: RefusalReason, part: str, fleet: Fleet
) -> None:
    decoded = decode(fleet, boot_id="b", seq=4, **said)
    assert not decoded.deliveries
    assert not decoded.notices
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [(reason, part)]
    assert [sample.seq for sample in decoded.samples] == [4]


def test_an_empty_list_alone_is_no_delivery(fleet: Fleet) -> None:
    decoded = decode(fleet, cylinder=[])
    assert [refusal.part for refusal in decoded.refusals] == ["cylinder"]
    assert not decoded.deliveries


@pytest.mark.parametrize("said", [{"lon": 181.0}, {"lat": "north"}, {"plate": "x"}])
def test_a_place_that_cannot_be_or_a_key_of_another_form_costs_itself_alone(said: dict[str, Any], fleet: Fleet) -> None:
    decoded = decode(fleet, **said)
    assert [refusal.part for refusal in decoded.refusals] == list(said)
    assert decoded.deliveries[0].lon is decoded.deliveries[0].lat is None
