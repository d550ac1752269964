from api.tries import Tries


def test_the_window_slides() -> None:
    times = iter([0.0, 10.0, 20.0, 60.0, 61.0])
    tries = Tries(2, 60.0, times.__next__)
    assert [tries.wait_s("a") for _ in range(5)] == [0.0, 0.0, 40.0, 0.0, 9.0]


def test_keys_do_not_share_a_window_and_forgetting_opens_it() -> None:
    tries = Tries(1, 60.0, lambda: 0.0)
    assert [tries.wait_s("a"), tries.wait_s("b"), tries.wait_s("a")] == [0.0, 0.0, 60.0]
    tries.forget("a")
    assert tries.wait_s("a") == 0.0


def test_memory_stays_bounded() -> None:
    tries = Tries(1, 60.0, lambda: 0.0)
    for n in range(10_001):
        tries.wait_s(n)
    assert tries.wait_s(0) == 0.0  # the oldest key was forgotten
    assert tries.wait_s(10_000) == 60.0
