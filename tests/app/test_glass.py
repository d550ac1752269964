from app.roles.glass import break_glass
from domain.alarm import AlarmKind, StateLetter
from domain.frame import HEALTH_TOPIC
from tests.app.support import START_NS, Plant, S, catch_up


def test_each_use_of_an_emergency_account_asks_supervisors_anew(plant: Plant) -> None:
    watch = plant.watch()
    found = []
    for use in range(2):
        position = break_glass(plant.log, "glass", START_NS + use * 60 * S)
        catch_up(watch)
        (alarm,) = plant.records.alarms(kind=AlarmKind.BREAK_GLASS)
        found.append((alarm.life.occurrence, alarm.life.letter, alarm.priority, alarm.reason, alarm.position))
        assert alarm.position == position
    latched = StateLetter.LATCHED_UNACKNOWLEDGED
    assert [row[:4] for row in found] == [(1, latched, 2, "glass"), (2, latched, 2, "glass")]
    assert len(plant.records.notices()) == 2


def test_a_replay_of_the_log_raises_the_same(plant: Plant) -> None:
    break_glass(plant.log, "glass", START_NS)
    catch_up(plant.watch())
    frames = [frame for frame in plant.log.read(0) if frame.topic == HEALTH_TOPIC]
    assert [frame.received_ns for frame in frames] == [START_NS, START_NS]
    assert b"glass" in frames[0].payload
    before = plant.story()
    catch_up(plant.watch())
    assert plant.story() == before
