"""Tells people: the notices of an annunciation, and the escalation of each occurrence until somebody answers."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerting import escalation, flood
from alerting.codes import code_for
from alerting.escalation import Call
from alerting.events import Effect
from alerting.notices import Recipient, compose, compose_call
from alerting.notify.channel import BY_PLAN_ALONE
from alerting.oncall import called, table_for
from alerting.plan import Plan, Table, place_of, read_plan
from alerting.ports import Unit
from alerting.ways import ways_to, ways_to_all
from domain.alarm import Alarm, AlarmKind, Definition, StateLetter
from domain.asset import Assets
from domain.duty import Escalation
from domain.errors import ConfigurationError

_LOGGER = logging.getLogger(__name__)
_LOST = Table(name="")
_CALLS_BACK = frozenset({"superseded", "acknowledged"})


@dataclass(frozen=True, slots=True)
class Telling:
    """How people are told.

    Attributes:
        channels: names of those that can be used.
        url: of the console as people reach it from outside; "" where no link can be given.
    """

    channels: tuple[str, ...] = ()
    url: str = ""


class Escalator:
    """Writes notices in the transition's transaction, and those of later steps at the ticks.

    With a duty plan in the records each occurrence has an escalation of its own. Without one every channel that needs
    none gets a notice of each annunciation.

    Args:
        definitions: how alarms of each kind behave.
        assets: for places and names.
        telling: channels and link.
    """

    def __init__(self, definitions: Mapping[AlarmKind, Definition], assets: Assets, telling: Telling) -> None:
        self._definitions, self._assets, self._telling = definitions, assets, telling
        self._known: tuple[int, Plan | None] = (0, None)

    # ------------------------------------------------------------ transitions

    def changed(self, unit: Unit, before: Alarm, after: Alarm, effects: Sequence[Effect], now_ns: int) -> None:
        """Follow one transition of one alarm."""
        fresh = after.life.occurrence != before.life.occurrence
        if fresh and before.life.occurrence:
            self._stop(unit, before, "superseded", now_ns)
        if Effect.ACKNOWLEDGED in effects:
            self._stop(unit, after, "acknowledged", now_ns)
        if Effect.SUPPRESSED in effects:
            unit.cancel_notices(after.id, after.life.occurrence, "suppressed")
        if Effect.ANNUNCIATED in effects:
            flood.follow(unit, after, now_ns)
            self._tell(unit, after, now_ns, fresh=fresh)
        if why := self._over(before, after, effects):
            self._stop(unit, after, why, now_ns)

    def _over(self, before: Alarm, after: Alarm, effects: Sequence[Effect]) -> str:
        """Tell why nobody needs to be found any more, besides an answer; "" where somebody does."""
        definition = self._definitions[after.kind]
        if after.life.suppressed and before.life.annunciated:
            return "hidden"
        insists = after.priority == 1 or definition.latching or definition.safety_critical or after.life.latched
        if Effect.RETURNED in effects and not insists:
            return "returned"
        normal = after.life.letter is StateLetter.NORMAL and before.life.letter is not StateLetter.NORMAL
        return "normal" if normal else ""

    def _stop(self, unit: Unit, alarm: Alarm, why: str, now_ns: int) -> None:
        running = unit.escalation(alarm.id, alarm.life.occurrence)
        if running is not None and running.ended_ns is None:
            unit.save_escalation(escalation.stop(running, why, now_ns))
        if why in _CALLS_BACK or (running is not None and why == "hidden"):
            unit.cancel_notices(alarm.id, alarm.life.occurrence, why)
        elif why == "returned":
            unit.wait_for_no_receipt(alarm.id, alarm.life.occurrence)

    def _tell(self, unit: Unit, alarm: Alarm, now_ns: int, *, fresh: bool) -> None:
        plan = self._plan(unit)
        if plan is None:
            # an occurrence that comes back out of hiding is told once more, under a key of its own
            step = "0" if fresh else f"0@{now_ns}"
            handing = flood.hand_out(unit, alarm, now_ns, first=True)
            for channel in (name for name in self._telling.channels if name not in BY_PLAN_ALONE):
                unit.notice(compose(alarm, self._assets, channel, step=step, handing=handing))
            return
        known = unit.escalation(alarm.id, alarm.life.occurrence)
        if known is not None:
            self._proceed(unit, plan, alarm, escalation.resume(known, _table(plan, known), now_ns), now_ns)
            return
        table = table_for(plan, alarm.kind, alarm.priority, place_of(alarm.site, self._assets), now_ns) or _LOST
        begun = escalation.begin(table, alarm.id, alarm.life.occurrence, alarm.priority, now_ns)
        self._proceed(unit, plan, alarm, begun, now_ns)

    # ------------------------------------------------------------ steps

    def advance(self, unit: Unit, now_ns: int, position: int) -> None:
        """Begin the steps that are due at a tick."""
        flood.advance(unit, now_ns, position)
        due = unit.due_escalations(now_ns)
        plan = self._plan(unit) if due else None
        for running in due:
            alarm = unit.alarm(running.alarm_id)
            if plan is not None and alarm is not None:
                self._proceed(unit, plan, alarm, running, now_ns)

    def _proceed(self, unit: Unit, plan: Plan, alarm: Alarm, running: Escalation, now_ns: int) -> None:
        def reach(call: Call) -> bool:
            return self._call(unit, plan, alarm, call, now_ns)

        after = escalation.proceed(_table(plan, running), running, now_ns, reach)
        unit.save_escalation(after)
        if after.nobody > running.nobody:
            _LOGGER.warning("alarm %s/%d: nobody on call for a step", alarm.id, alarm.life.occurrence)

    def _call(self, unit: Unit, plan: Plan, alarm: Alarm, call: Call, now_ns: int) -> bool:
        """Write the notices of a step; tell whether it reaches somebody."""
        channels, url = self._telling.channels, self._telling.url
        handing = flood.hand_out(unit, alarm, now_ns, first=call.number == 0)
        for way in ways_to_all(plan, call.step.by, channels):
            unit.notice(compose_call(alarm, self._assets, (way,), Recipient(call.number), handing))
        place, overrides = place_of(alarm.site, self._assets), unit.overrides(now_ns, now_ns + 1)
        people = {p.id: p for role in call.step.to for p in called(plan, overrides, role, place, now_ns)}
        reached = False
        for person in people.values():
            chains = ways_to(plan, person, call.step.by, alarm.priority, channels)
            answer = code_for(unit, alarm.id, alarm.life.occurrence, person.id, now_ns) if chains else None
            for ways in chains:
                reached = True
                to = Recipient(call.number, person.id, answer, url)
                unit.notice(compose_call(alarm, self._assets, ways, to, handing))
        return reached or not (call.step.to and channels)

    def _plan(self, unit: Unit) -> Plan | None:
        """Give the plan in force, parsed once."""
        newest = unit.plan_id()
        if newest != self._known[0]:
            stored = unit.plan()
            self._known = (newest, None if stored is None else _read(stored.text))
        return self._known[1]


def _read(text: str) -> Plan | None:
    try:
        return read_plan(text)
    except ConfigurationError as error:  # imported by another release: rather every channel than nobody
        _LOGGER.error("the duty plan is not used: %s", error)  # noqa: TRY400 - the line says it all
        return None


def _table(plan: Plan, running: Escalation) -> Table:
    """Give the table that an escalation follows; a plan imported meanwhile may have it no more."""
    named = {table.name: table for table in plan.table}
    return named.get(running.table) or next(
        (table for table in plan.table if running.priority in table.priorities and not table.kinds), _LOST
    )
