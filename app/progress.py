"""How far a run has come, as a bar on the terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tqdm import tqdm

from simulator.timetext import S_NS


class _Bar(tqdm):  # type: ignore[type-arg]  # it counts seconds and iterates over nothing
    """Shows simulated time, and how many times faster than real time it passes."""

    @property
    def format_dict(self) -> Any:  # noqa: ANN401 - as tqdm types it
        told = super().format_dict
        done, total = (str(timedelta(seconds=round(seconds))) for seconds in (told["n"], told["total"]))
        speed = told["n"] / told["elapsed"] if told["elapsed"] else 0.0
        return {**told, "shown": f"{done} of {total}, {speed:.0f} x real time"}


@contextmanager
def progress_bar(duration_ns: int) -> Iterator[Callable[[int], None]]:
    """Give what is told the simulated time that has passed; silent where stderr is no terminal."""
    total_s = duration_ns / S_NS
    with _Bar(total=total_s, disable=None, file=sys.stderr, bar_format="{l_bar}{bar}| {shown}") as bar:

        def tell(passed_ns: int) -> None:
            bar.update(passed_ns / S_NS - bar.n)

        yield tell
