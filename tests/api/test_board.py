from collections.abc import Mapping

from api.board import Board
from domain.quality import Quality
from domain.quantity import Quantity
from tests.api.conftest import Clock, Plant, S


def test_only_what_looks_different_is_told(plant: Plant, clock: Clock) -> None:
    board = Board(plant.services())
    plant.hear("G1")
    assert [status.device.id for status in board.refresh()] == ["G1"]
    clock.now_ns += S
    plant.hear("G1", frames=5)
    assert board.refresh() == []
    plant.hear("G1", online=False)
    assert [status.online for status in board.refresh()] == [False]


def test_a_valve_that_did_not_report_is_not_asked_for_again(plant: Plant, clock: Clock) -> None:
    asked: list[str] = []

    class Counting:
        def latest(self, device: str) -> Mapping[Quantity, object]:
            asked.append(device)
            return plant.series.latest(device)

    services = plant.services()
    object.__setattr__(services, "series", Counting())
    board = Board(services)
    plant.hear("V1")
    board.refresh()  # the series are behind the records: ask again
    assert board.of("V1").position is None
    plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
    board.refresh()
    board.refresh()
    assert asked == ["V1", "V1"]
    assert board.tally().valves_closed == 1
    clock.now_ns += S
    plant.hear("V1")
    plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    board.refresh()
    assert (asked, board.of("V1").position) == (["V1"] * 3, 1.0)


def test_a_position_that_cannot_be_trusted_is_unknown(plant: Plant) -> None:
    board = Board(plant.services())
    plant.measure("V1", {Quantity.VALVE_OPEN: 1.0}, valve_open=Quality.BAD)
    plant.hear("V1")
    board.refresh()
    assert board.of("V1").position is None
