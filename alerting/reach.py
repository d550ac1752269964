"""Is everybody reached? A test message to each person of the plan by every channel, and who answered lately.

The message goes through the outbox and is answered as any other; behind it stands a row that no list of alarms shows.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import chain

from alerting.codes import code_for
from alerting.notices import ROLL_CALL, drill
from alerting.plan import Person, Plan
from alerting.ports import Unit
from alerting.ways import ways_to
from domain.alarm import CANARY, Alarm, AlarmKind, alarm_id
from domain.errors import ConfigurationError
from domain.record import Notice

REACH = alarm_id(CANARY, AlarmKind.NOBODY_ON_CALL)
"""Row behind the tests; each test is an occurrence of it."""
UNREACHED_NS = 35 * 86_400_000_000_000
"""Whoever answered neither a test nor an alarm for so long is not reached: a month and some days, own default."""
_PRIORITY = 3
_NEVER = Alarm(REACH, AlarmKind.NOBODY_ON_CALL, CANARY, CANARY, CANARY, "", drill=True)


def ask(unit: Unit, plan: Plan, channels: Collection[str], url: str, now_ns: int) -> int:
    """Write a test message to everybody by every channel that can be used; give the number of the test.

    A ConfigurationError says that no channel reaches anybody.
    """
    row = unit.alarm(REACH) or _NEVER
    number = row.life.occurrence + 1
    unit.save(replace(row, life=replace(row.life, occurrence=number), raised_ns=now_ns, last_ns=now_ns))
    written = 0
    for person in plan.person:
        ways = list(chain.from_iterable(ways_to(plan, person, tuple(plan.media), _PRIORITY, channels)))
        answer = code_for(unit, REACH, number, person.id, now_ns) if ways else None
        for way in ways:
            key = f"{REACH}/{number}/0/{person.id}/{way.channel}"
            body = drill(ROLL_CALL, now_ns, answer, url)
            sent = Notice(key, REACH, number, way.channel, person.id, body, now_ns, address=way.address)
            unit.notice(replace(sent, priority=_PRIORITY, receipt_s=way.receipt_s))
        written += len(ways)
    if not written:
        raise ConfigurationError("no channel that is configured reaches anybody of the plan; see gas-lifeline check")
    return number


def unreached(plan: Plan, answered: Mapping[str, int], now_ns: int) -> list[Person]:
    """Give the people who answered nothing for too long.

    Example:
        >>> plan = Plan(person=(Person("yang", "杨"), Person("bai", "白"), Person("zhao", "赵")))
        >>> [person.id for person in unreached(plan, {"yang": UNREACHED_NS, "bai": 1}, UNREACHED_NS + 2)]
        ['bai', 'zhao']
    """
    return [person for person in plan.person if answered.get(person.id, -UNREACHED_NS) < now_ns - UNREACHED_NS]
