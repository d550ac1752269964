"""What hands a command to the broker."""

import pytest

from alerting.valves import wire
from app.closing import Sender
from domain.command import Command, CommandState

S = 1_000_000_000
SENT = Command("c1", "V1", "S1", "li", "gas", "{}", True, 0, 0, CommandState.SENT, 5 * S, 15 * S, 65 * S)  # noqa: FBT003


class Line:
    """A connection to a broker, or none."""

    def __init__(self, trouble: str = "", *, connected: bool = True) -> None:
        self.trouble, self._connected = trouble, connected
        self.published: list[tuple[str, bytes, int | None]] = []

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None:
        self.published.append((topic, payload, expiry_s))

    def connects(self, timeout_s: float) -> bool:
        del timeout_s
        return self._connected

    def drain(self, timeout_s: float) -> bool:
        del timeout_s
        return False


def test_sends_it_once_to_the_valve_with_an_expiry() -> None:
    line = Line()
    Sender(line, "gas/v1")(SENT)
    assert line.published == [("gas/v1/S1/V1/command", wire(SENT), 10)]


@pytest.mark.parametrize("line", [Line("refused"), Line(connected=False)], ids=["lost", "never there"])
def test_keeps_nothing_for_a_broker_that_is_away(line: Line) -> None:
    with pytest.raises(ConnectionError):
        Sender(line, "gas/v1")(SENT)
    assert line.published == []
