"""`gas-lifeline serve`: some roles in this process, until a signal ends them."""

import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from app.settings import load_settings
from app.supervisor import only_one, supervise
from app.wiring import Wiring


def run_serve(config: Path | None, roles: Sequence[str] | None) -> int:
    """Run these roles, or all; give the exit code: 0 when each ended well (ConfigurationError)."""
    settings = load_settings(config)
    names = roles or list(settings.roles)
    locks = [only_one(settings.data, name) for name in names]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    well = supervise(Wiring(settings).roles(names), stop)
    del locks
    return 0 if well else 1
