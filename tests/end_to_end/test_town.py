"""The simulated town on a real broker: it obeys a close command, and nothing else."""

import shutil
import subprocess
from collections.abc import Iterator

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.clock import now_ns
from tests.end_to_end.support import COMMAND, ROOT, wait_for

SCENARIO = ROOT / "examples" / "scenarios" / "quiet.yaml"
VALVE = "sim/gas/v1/DL-R-0005/DL-CV-0005"
Seen = list[tuple[str, dict[str, object]]]


@pytest.fixture
def listener(broker: int) -> Iterator[tuple[mqtt.Client, Seen]]:
    seen: Seen = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener")
    client.on_message = lambda _c, _d, m: seen.append((m.topic, msgspec.json.decode(m.payload)))
    client.connect("127.0.0.1", broker)
    client.subscribe(f"{VALVE}/#", 1)
    client.loop_start()
    yield client, seen
    client.disconnect()
    client.loop_stop()


def positions(seen: Seen) -> list[object]:
    values = (message["values"] for topic, message in seen if topic.endswith("/telemetry"))
    return [found["valve_open"] for found in values if isinstance(found, dict)]


@pytest.mark.server
@pytest.mark.timeout(90)
@pytest.mark.skipif(shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None, reason="no mosquitto")
def test_a_valve_obeys_close_and_reports_its_position(broker: int, listener: tuple[mqtt.Client, Seen]) -> None:
    client, seen = listener
    target = f"mqtt://127.0.0.1:{broker}/sim/gas/v1"
    with subprocess.Popen([*COMMAND, "simulate", str(SCENARIO), "--to", target], stderr=subprocess.DEVNULL) as town:
        try:
            wait_for(lambda: 1 in positions(seen), 60, "the open valve")
            for number, command in enumerate(("open", "close")):
                order = {
                    "command_id": f"c{number}",
                    "command": command,
                    "expires": now_ns() // 10**6 + 10_000,
                    "reason": "test",
                }
                client.publish(f"{VALVE}/command", msgspec.json.encode(order), qos=1)
            wait_for(lambda: 0 in positions(seen), 30, "the closed valve")
        finally:
            town.terminate()
    results = [(m["command_id"], m["result"]) for t, m in seen if t.endswith("/command_result")]
    assert ("c0", "refused") in results
    assert ("c1", "accepted") in results
    assert ("c1", "done") in results
    assert positions(seen).index(0) > positions(seen).index(1)
