"""Run roles as threads of one process; when one dies, all end, and whoever started the process starts it again."""

import fcntl
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from domain.errors import ConfigurationError, StoreUnavailable

_LOGGER = logging.getLogger(__name__)
Run = Callable[[threading.Event], None]


def supervise(roles: Mapping[str, Run], stop: threading.Event) -> bool:
    """Run every role until `stop`; tell whether all ended well."""
    failed = threading.Event()

    def run(name: str, role: Run) -> None:
        try:
            role(stop)
        except ConfigurationError as error:
            for problem in error.problems:
                _LOGGER.error("role %s: %s", name, problem)  # noqa: TRY400 - a user's mistake, not ours
            failed.set()
        except StoreUnavailable as error:
            if stop.is_set():  # told to end while a server is away: the next start goes on where this one was
                _LOGGER.warning("role %s ends: %s", name, error)
            else:
                _LOGGER.error("role %s: %s; the process ends so that it is started anew", name, error)  # noqa: TRY400
                failed.set()
        except Exception:
            _LOGGER.exception("role %s failed; the process ends so that it is started anew", name)
            failed.set()
        finally:
            stop.set()  # one role less is no service: better a restart that somebody sees

    threads = [threading.Thread(target=run, args=item, name=item[0], daemon=True) for item in roles.items()]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=30)
    return not failed.is_set() and not any(thread.is_alive() for thread in threads)


def make_folder(folder: Path) -> None:
    """Make the folder where it is missing (ConfigurationError: that cannot be)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"data folder {folder} cannot be made: {error.strerror}") from None


def only_one(folder: Path, role: str) -> IO[str]:
    """Hold the role's lock until the process ends (ConfigurationError: another process has this role here)."""
    make_folder(folder)
    lock = (folder / f"{role}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ConfigurationError(
            f"role {role} already runs on {folder}; a second one would count everything twice"
        ) from None
    return lock
