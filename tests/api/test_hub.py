"""The poller without a server: what it does when stores go away and come back."""

import asyncio

import pytest

from api import hub
from api.board import Board
from api.events import Event
from api.hub import Hub
from api.live import Live
from api.readings import Readings
from api.views import Views
from domain.errors import StoreUnavailable
from tests.api.conftest import Plant


def build(plant: Plant) -> Hub:
    services = plant.services()
    board = Board(services)
    return Hub(board, Live(services, board, Views(services, board)), Readings(services))


def test_screens_learn_of_an_alarm_well_within_two_seconds_and_of_our_health_every_five() -> None:
    assert hub._POLL_S <= 0.2  # noqa: SLF001 - the numbers are the contract
    assert hub._HEALTH_S == 5.0  # noqa: SLF001


@pytest.mark.parametrize("fault", [StoreUnavailable("locked"), RuntimeError("a bug")])
def test_the_poller_goes_on_where_it_was_when_the_records_return(plant: Plant, fault: Exception) -> None:
    async def run() -> list[Event]:
        made = build(plant)
        polling = asyncio.create_task(made.run())
        client = made.join("")
        while made.age_s > 1:  # noqa: ASYNC110 - the poller has no event for "read"
            await asyncio.sleep(0.01)
        real = plant.records.journal

        def away(**_: object) -> object:
            raise fault

        plant.records.journal = away  # type: ignore[method-assign,assignment]
        plant.leak()
        await asyncio.sleep(0.5)
        assert made.age_s > 0.2
        plant.records.journal = real  # type: ignore[method-assign]
        found: list[Event] = []
        while [event.name for event in found].count("alarm") < 2:
            news = await asyncio.wait_for(client.take(), 5)
            found += news or []
        polling.cancel()
        return found

    found = asyncio.run(run())
    assert [event.seq for event in found if event.name == "alarm"] == [1, 2]


def test_who_has_left_gets_nothing_more(plant: Plant) -> None:
    made = build(plant)
    client = made.join("")
    made.leave(client)
    made._publish(Event("alarm", 1, "{}"))  # noqa: SLF001
    assert len(client) == 0
