import asyncio

from api.events import Client, Event


def take(client: Client) -> list[Event] | None:
    return asyncio.run(client.take())


def test_a_screen_gets_events_in_order_and_readings_of_its_device_alone() -> None:
    client = Client("G1")
    events = [Event("alarm", 1, "{}"), Event("reading", 0, "{}", "G1"), Event("reading", 0, "{}", "G2")]
    for event in events:
        client.put(event)
    assert take(client) == events[:2]
    assert len(client) == 0


def test_a_screen_that_does_not_read_loses_its_queue_and_gets_a_snapshot() -> None:
    client = Client()
    for seq in range(1, 1_002):
        client.put(Event("alarm", seq, "{}"))
    client.put(Event("alarm", 1_002, "{}"))
    assert take(client) is None  # the snapshot is newer than all of them
    client.put(Event("alarm", 1_003, "{}"))
    assert take(client) == [Event("alarm", 1_003, "{}")]
