import asyncio

from api.events import Client, Event


def take_all(client: Client) -> list[Event | None]:
    async def run() -> list[Event | None]:
        return [await client.take() for _ in range(len(client))]

    return asyncio.run(run())


def test_a_screen_gets_events_in_order_and_readings_of_its_device_alone() -> None:
    client = Client("G1")
    events = [Event("alarm", 1, "{}"), Event("reading", 0, "{}", "G1"), Event("reading", 0, "{}", "G2")]
    for event in events:
        client.put(event)
    assert take_all(client) == events[:2]


def test_a_screen_that_does_not_read_loses_its_queue_and_gets_a_snapshot() -> None:
    client = Client()
    for seq in range(1, 1_002):
        client.put(Event("alarm", seq, "{}"))
    client.put(Event("alarm", 1_002, "{}"))
    assert take_all(client) == [None, Event("alarm", 1_002, "{}")]
