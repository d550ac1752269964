from app.roles.deadman import DeadMan
from domain.alarm import SYSTEM, AlarmKind, StateLetter
from domain.frame import HEALTH_TOPIC
from tests.app.support import START_NS, Plant, S, catch_up


def listening(plant: Plant) -> DeadMan:
    return DeadMan(plant.records, lambda: plant.log, lambda: START_NS + plant.log.last() * S)


def told(plant: Plant) -> int:
    return sum(frame.topic == HEALTH_TOPIC for frame in plant.log.read(0))


def test_what_is_missed_stands_until_every_sign_is_back(plant: Plant) -> None:
    watch, dead_man = plant.watch(), listening(plant)
    found = []
    for signs in ({"a": "no_samples"}, {"b": "no_counts", "a": "no_samples"}, {"a": ""}, {"b": ""}):
        dead_man(signs, "token:grafana")
        catch_up(watch)
        found += plant.records.alarms(kind=AlarmKind.DEAD_MAN)
    alarm = found[-1]
    assert [one.life.letter for one in found] == [
        *[StateLetter.ACTIVE_UNACKNOWLEDGED] * 3,
        StateLetter.RETURNED_UNACKNOWLEDGED,
    ]
    assert (alarm.subject, alarm.reason, alarm.priority) == (SYSTEM, "no_samples", 3)
    assert [entry.target for entry in plant.records.audit()] == [
        "over",
        "no_counts",
        "no_counts, no_samples",
        "no_samples",
    ]


def test_the_same_again_changes_nothing_and_a_start_repeats_what_is_said_first(plant: Plant) -> None:
    dead_man = listening(plant)
    for _ in range(3):
        dead_man({"a": "no_samples"}, "token:grafana")
    assert (told(plant), len(plant.records.audit())) == (1, 1)
    listening(plant)({"a": ""}, "token:grafana")  # resolved while we were away
    assert told(plant) == 2


def test_no_number_of_fingerprints_fills_the_memory(plant: Plant) -> None:
    dead_man = listening(plant)
    dead_man({f"{n}": "no_samples" for n in range(200)}, "x")
    dead_man({f"{n}": "" for n in range(100, 200)}, "x")
    assert told(plant) == 2
