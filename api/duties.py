"""The duty plan for those who read it, parsed once for each import."""

import logging

from alerting.plan import Plan, read_plan
from alerting.ports import Duties
from domain.errors import ConfigurationError

_LOGGER = logging.getLogger(__name__)


class Plans:
    """Gives the plan in force; safe to use from many threads."""

    def __init__(self) -> None:
        self._known: tuple[int, Plan | None] = (0, None)

    def plan(self, duties: Duties) -> Plan | None:
        """Give the plan, None where none was imported or this release cannot read it."""
        known, plan = self._known
        newest = duties.plan_id()
        if newest == known:
            return plan
        stored = duties.plan()
        plan = None if stored is None else _read(stored.text)
        self._known = (newest, plan)
        return plan


def _read(text: str) -> Plan | None:
    try:
        return read_plan(text)
    except ConfigurationError as error:
        _LOGGER.error("the duty plan is not used: %s", error)  # noqa: TRY400 - the line says it all
        return None
