"""A thread beside the one that works: it ends with the block that it accompanies, and the block with it."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOGGER = logging.getLogger(__name__)
Run = Callable[[threading.Event], None]


@contextmanager
def beside(run: Run, name: str, stop: threading.Event) -> Iterator[None]:
    """Run something on a thread of its own until the block ends.

    Should it fail, it sets `stop`, and the end of the block raises its error: half a role that looks whole would be
    worse than one that is started anew.
    """
    over, errors = threading.Event(), list[BaseException]()

    def work() -> None:
        try:
            run(over)
        except BaseException as error:  # noqa: BLE001 - raised again where the role hears it
            errors.append(error)
            stop.set()

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if errors:
            raise errors[0]


def spared(run: Run, name: str, failed: list[str]) -> Run:
    """Give it as one that fails alone: its name goes to whoever tells of it, and the role goes on."""

    def work(over: threading.Event) -> None:
        try:
            run(over)
        except Exception:
            _LOGGER.exception("%s failed", name)
            failed.append(name)

    return work
