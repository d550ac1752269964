"""Log lines: a terminal gets the time and level of each; systemd's journal knows the time, and takes the level."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

_ERROR = 3
_SEVERITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: _ERROR, logging.CRITICAL: 2}


class ForJournal(logging.Formatter):
    """Lines with the level in front, as of `sd-daemon(3)`; each of a traceback, which are entries of their own there.

    Example:
        >>> record = logging.LogRecord("app.web", logging.WARNING, "", 0, "no broker", (), None)
        >>> ForJournal("%(name)s: %(message)s").format(record)
        '<4>app.web: no broker'
    """

    def format(self, record: logging.LogRecord) -> str:
        mark = f"<{_SEVERITIES.get(record.levelno, 6)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


def in_journal(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether it leads into the journal: systemd names its device and inode."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # replaced by something that is no file, or closed
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def set_up_logs() -> None:
    """Log to the standard error output, from INFO on."""
    handler = logging.StreamHandler()
    if in_journal(sys.stderr):
        handler.setFormatter(ForJournal("%(name)s: %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    for talkative in ("httpx2", "alembic.runtime.plugins"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def complain(problem: str) -> None:
    """Tell a mistake in one line."""
    mark = f"<{_ERROR}>" if in_journal(sys.stderr) else ""
    print(f"{mark}gas-lifeline: {problem}", file=sys.stderr)  # noqa: T201 - the answer to a command
