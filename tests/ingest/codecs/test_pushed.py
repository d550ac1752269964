from collections.abc import Mapping

import msgspec
import pytest

from domain.quantity import Quantity
from domain.sample import Decoded, RefusalReason
from ingest.codecs.ctwing import decode_ctwing
from ingest.codecs.onenet import decode_onenet
from ingest.fleet import Fleet

NOW_MS = 1_768_449_600_000
RECEIVED_NS = (NOW_MS + 500) * 1_000_000


def ctwing(fleet: Fleet, **keys: object) -> Decoded:
    body = msgspec.json.encode({"messageType": "dataReport", "timestamp": NOW_MS, "deviceId": "0a1b"} | keys)
    return decode_ctwing(body, fleet.sources["DL-GD-0003"], RECEIVED_NS, fleet)


def onenet(fleet: Fleet, **keys: object) -> Decoded:
    body = msgspec.json.encode({"type": 1, "at": NOW_MS, "dev_id": 7} | keys)
    return decode_onenet(body, fleet.sources["DL-GD-0003"], RECEIVED_NS, fleet)


def values(decoded: Decoded) -> list[Mapping[Quantity, float]]:
    return [sample.values for sample in decoded.samples]


def test_keys_become_what_the_product_says_and_others_are_left(fleet: Fleet) -> None:
    payload = {"gas_raw": "63", "battery_voltage": 3.6, "gas_sensor_state": 2, "imsi": "46011", "rsrp": -90}
    decoded = ctwing(fleet, payload=payload)
    expected = {Quantity.DEVICE_ALARM: 1.0, Quantity.BATTERY_V: 3.6, Quantity.GAS_PCT_LEL: pytest.approx(6.3)}
    assert values(decoded) == [expected]
    assert not decoded.refusals
    assert not decoded.notices


def test_a_state_is_an_alarm_by_its_code_and_never_by_being_there(fleet: Fleet) -> None:
    assert values(ctwing(fleet, payload={"gas_sensor_state": 1})) == [{Quantity.DEVICE_ALARM: 0.0}]
    unknown = ctwing(fleet, payload={"gas_sensor_state": 3})
    assert not unknown.samples
    assert [(r.reason, r.part) for r in unknown.refusals] == [(RefusalReason.OUT_OF_RANGE, "payload.gas_sensor_state")]


def test_what_is_no_number_is_refused_alone(fleet: Fleet) -> None:
    decoded = ctwing(fleet, eventContent={"gas_value": [], "battery_voltage": 3.6})
    assert values(decoded) == [{Quantity.BATTERY_V: 3.6}]
    assert [(r.reason, r.part) for r in decoded.refusals] == [(RefusalReason.WRONG_TYPE, "eventContent.gas_value")]


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"messageType": "deviceOnlineOfflineReport", "eventType": 1}, "online"),
        ({"messageType": "deviceOnlineOfflineReport", "eventType": 0}, "offline"),
        ({"messageType": "deviceOnlineOfflineReport", "eventType": 7}, "heartbeat"),
        ({"messageType": "commandResponse", "result": {"resultCode": "DELIVERED"}}, "heartbeat"),
        ({"payload": {"ICCID": "8986", "rsrp": -90}}, "heartbeat"),
    ],
)
def test_a_push_without_values_is_a_sign_of_life_or_says_who_went(
    keys: dict[str, object], what: str, fleet: Fleet
) -> None:
    decoded = ctwing(fleet, **keys)
    assert [(notice.what, notice.time_ns) for notice in decoded.notices] == [(what, RECEIVED_NS)]
    assert not decoded.samples


def test_a_transparent_product_is_refused_and_said_so(fleet: Fleet) -> None:
    (refusal,) = ctwing(fleet, payload={"APPdata": "QEA="}).refusals
    assert (refusal.reason, refusal.part) == (RefusalReason.SCHEMA, "payload.APPdata")


def test_a_data_point_of_onenet_is_read_wrapped_or_not(fleet: Fleet) -> None:
    plain = onenet(fleet, ds_id="gas_value", value=6.3)
    assert values(plain) == [{Quantity.GAS_PCT_LEL: 6.3}]
    point = {"type": 1, "at": NOW_MS, "ds_id": "gas_value", "value": 6.3}
    assert onenet(fleet, msg=point, msg_signature="x", nonce="y") == plain


def test_two_points_of_one_moment_are_two_and_a_repeated_one_is_the_same(fleet: Fleet) -> None:
    gas, battery = onenet(fleet, ds_id="gas_value", value=1), onenet(fleet, ds_id="battery_voltage", value=3)
    assert gas.samples[0].time_ns != battery.samples[0].time_ns
    assert gas.samples[0].time_ns // 1_000_000 == NOW_MS
    assert onenet(fleet, ds_id="gas_value", value=1) == gas


@pytest.mark.parametrize(("status", "what"), [(1, "online"), (0, "offline"), (9, "heartbeat")])
def test_onenet_says_who_went_and_came(status: int, what: str, fleet: Fleet) -> None:
    assert [notice.what for notice in onenet(fleet, type=2, status=status).notices] == [what]
    assert [notice.what for notice in onenet(fleet, type=7, cmd_id="1").notices] == ["heartbeat"]
