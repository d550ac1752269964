from app.roles.refusals import Refusals
from domain.errors import StoreUnavailable
from tests.app.support import START_NS, Plant


def test_what_is_refused_is_counted_and_goes_on_after_a_start(plant: Plant) -> None:
    plant.refusals.lines(3)
    plant.refusals.attempt(StoreUnavailable("x", reason="busy"))
    again = Refusals(plant.write_pulse, plant.clock)
    again.lines(1)
    again.forgot({})
    again.forgot({"bad_json": 2})
    pulse = plant.write_pulse.read()
    assert (pulse.refused, pulse.forgotten, pulse.time_ns) == ({"line": 4, "busy": 1}, {"bad_json": 2}, START_NS)


def test_only_what_a_person_must_correct_is_told_as_refusing_and_until_something_is_stored(plant: Plant) -> None:
    told = []
    for reason in ("busy", "settings", "settings", "request", "unavailable", "settings"):
        plant.refusals.attempt(StoreUnavailable("x", reason=reason))
        told.append(plant.write_pulse.read().refusing)
    plant.refusals.stored()
    told.append(plant.write_pulse.read().refusing)
    assert told == ["", "settings", "settings", "request", "request", "settings", ""]
