from app.roles.unseen import Unseen
from detectors.series import series


def taken(unseen: Unseen, *names: str) -> list[tuple[list[float], list[str]]]:
    return [(batch.value.tolist(), group) for batch, group in unseen.take(names)]


def test_each_sees_each_row_once_and_those_who_miss_the_same_see_it_together() -> None:
    unseen = Unseen()
    unseen.add(series(0, [1], [1.0]))
    assert taken(unseen, "a") == [([1.0], ["a"])]
    assert taken(unseen, "a") == []
    unseen.add(series(0, [2], [2.0]))
    assert taken(unseen, "a", "b", "c") == [([1.0, 2.0], ["b", "c"]), ([2.0], ["a"])]
    unseen.clear()
    unseen.add(series(0, [3], [3.0]))
    assert taken(unseen, "a", "b") == [([3.0], ["a", "b"])]
