import itertools
from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from domain.asset import Assets
from simulator.frames import Outgoing
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.way import Trouble, Way
from simulator.world import World

Parse = Callable[[str], Scenario]
ALL: frozenset[str] = frozenset()


def said(number: int, device: str = "GD1", kind: str = "telemetry") -> Outgoing:
    return Outgoing(number * S_NS, f"gas/v1/R1/{device}/{kind}", b'{"seq":%d}' % number, retain=kind == "status")


def carried(way: Way, messages: list[Outgoing], until_s: int = 200) -> list[Outgoing]:
    """Send each message at its own second, and wait for what is late."""
    by_time = {message.time_ns: [m for m in messages if m.time_ns == message.time_ns] for message in messages}
    came: list[Outgoing] = []
    for step in range(10 * until_s):
        time_ns = step * S_NS // 10
        came += way.carry(by_time.get(time_ns, []), time_ns)
    return came


def troubled(what: str, *, share: float = 0.2, every: int = 10, devices: frozenset[str] = ALL) -> Way:
    way = Way(seed=1)
    way.begin("T", Trouble(what, devices, 0, share, every))
    return way


def test_while_nothing_is_wrong_messages_pass_as_they_are() -> None:
    messages = [said(n) for n in range(20)]
    assert carried(Way(seed=1), messages) == messages


def test_an_outage_holds_back_and_fills_in_paced_and_in_order() -> None:
    way = troubled("outage", devices=frozenset({"GD1"}))
    assert [m.topic.split("/")[-2] for m in carried(way, [said(1), said(2), said(2, "GD2")], 5)] == ["GD2"]
    way.end("T", 5 * S_NS)
    late = [m for step in range(50, 60) for m in way.carry([], step * S_NS // 10)]
    assert [m.payload for m in late] == [b'{"seq":1}', b'{"seq":2}']
    assert [m.time_ns for m in late] == [5 * S_NS, 5 * S_NS + S_NS // 20]


def test_a_terminal_keeps_600_messages_and_loses_the_oldest() -> None:
    way = troubled("outage")
    for n in range(650):
        assert way.carry([said(n)], n * S_NS) == []
    way.end("T", 650 * S_NS)
    late = way.carry([], 700 * S_NS)
    assert [m.payload for m in (late[0], late[-1])] == [b'{"seq":50}', b'{"seq":649}']
    assert (len(late), way.lost) == (600, 50)


def test_a_flapping_connection_holds_every_other_45_seconds() -> None:
    came = carried(troubled("flap"), [said(n) for n in range(0, 180, 5)])
    assert [m.payload for m in came] == [b'{"seq":%d}' % n for n in range(0, 180, 5)]
    late = [m for m in came if m.payload != b'{"seq":%d}' % (m.time_ns // S_NS)]
    assert {m.time_ns // S_NS for m in late} == {45, 135}


def test_a_will_is_the_brokers_word_and_passes() -> None:
    will = Outgoing(S_NS, "gas/v1/R1/GD1/status", b'{"online":false}', retain=True)
    assert carried(troubled("outage"), [will], 3) == [will]
    assert carried(troubled("will_late"), [will, said(2, kind="status")], 5)[-1].time_ns == 3 * S_NS


def test_every_tenth_message_is_dropped() -> None:
    way = troubled("drop")
    assert len(carried(way, [said(n) for n in range(100)])) == 90
    assert way.lost == 10


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_bursts_lose_their_share_in_runs(share: float) -> None:
    way = troubled("burst", share=share)
    kept = [bool(way.carry([said(n)], n * S_NS)) for n in range(20_000)]
    runs = sum(a and not b for a, b in itertools.pairwise(kept))
    assert kept.count(False) / 20_000 == pytest.approx(share, abs=0.05)
    if share < 1:
        assert kept.count(False) / runs == pytest.approx(10, rel=0.2)


def test_duplicates_come_again_a_second_later() -> None:
    came = carried(troubled("duplicate", share=1.0), [said(3)])
    assert [(m.time_ns // S_NS, m.payload) for m in came] == [(3, b'{"seq":3}'), (4, b'{"seq":3}')]


def test_reordered_messages_all_come_and_in_order_of_their_arrival() -> None:
    messages = [said(n) for n in range(100)]
    came = carried(troubled("reorder", share=0.3), messages)
    assert sorted(m.payload for m in came) == sorted(m.payload for m in messages)
    assert [m.payload for m in came] != [m.payload for m in messages]
    assert [m.time_ns for m in came] == sorted(m.time_ns for m in came)


def test_what_is_spoilt_is_no_json_no_topic_or_too_large() -> None:
    malformed = carried(troubled("malformed", share=1.0), [said(1)])[0].payload
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.json.decode(malformed)
    assert carried(troubled("wrong_topic", share=1.0), [said(1)])[0].topic == "gas/v1/R1/telemetry"
    large = carried(troubled("oversize", share=1.0), [said(1)])[0].payload
    assert len(large) > 65_536
    assert msgspec.json.decode(large)["seq"] == 1


@pytest.mark.parametrize("what", ["malformed", "wrong_topic", "oversize", "duplicate", "reorder"])
def test_a_share_of_nothing_changes_nothing(what: str) -> None:
    messages = [said(n) for n in range(20)]
    assert carried(troubled(what, share=0.0), messages) == messages


def test_two_troubles_act_one_after_the_other_and_end_apart() -> None:
    way = troubled("duplicate", share=1.0)
    way.begin("O", Trouble("outage", ALL, 0))
    assert carried(way, [said(1)], 5) == [replace(said(1), time_ns=2 * S_NS)]
    way.end("O", 5 * S_NS)
    assert len(way.carry([], 6 * S_NS)) == 1


# ---------------------------------------------------------------- in the running town
def run(scenario: Scenario, assets: Assets, seconds: int) -> list[Outgoing]:
    world = World(scenario, assets)
    return world.step_to(world.start_ns + seconds * S_NS)


def test_after_an_outage_nothing_is_missing(scenario: Parse, hamlet: Assets) -> None:
    event = "events: [{kind: transport, fault: outage, sites: [R1], at: 20s, for: 60s}]"
    plain, held = (run(scenario(text), hamlet, 120) for text in ("", event))
    assert sorted((m.topic, m.payload) for m in plain) == sorted((m.topic, m.payload) for m in held)
    assert [m for m in held if "/R2/" in m.topic] == [m for m in plain if "/R2/" in m.topic]
    start_ns = plain[0].time_ns // (60 * S_NS) * 60 * S_NS
    assert not [m for m in held if "/R1/" in m.topic and 20 <= (m.time_ns - start_ns) / S_NS < 80]


def test_a_flapping_device_is_told_dead_and_born_again(scenario: Parse, hamlet: Assets) -> None:
    event = "events: [{kind: transport, fault: flap, devices: [GD1], at: 10s, for: 100s}]"
    told = [m for m in run(scenario(event), hamlet, 120) if m.topic.endswith("GD1/status")]
    words = [msgspec.json.decode(m.payload)["online"] for m in told]
    assert words == [True, False, True, False, True]
    boots = {msgspec.json.decode(m.payload)["boot_id"] for m in told}
    assert len(boots) == 1


@pytest.mark.parametrize("what", ["burst_loss", "duplicate", "reorder"])
def test_a_device_can_have_trouble_of_its_own(what: str, scenario: Parse, hamlet: Assets) -> None:
    event = f"events: [{{kind: fault, device: GD1, what: {what}, share: 0.5, at: 10s, for: 60s}}]"
    plain, hit = (run(scenario(text), hamlet, 120) for text in ("", event))
    assert [m for m in plain if "/GD1/" in m.topic] != [m for m in hit if "/GD1/" in m.topic]
    assert [m for m in plain if "/GD1/" not in m.topic] == [m for m in hit if "/GD1/" not in m.topic]
