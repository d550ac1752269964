"""Carries out what a city's platform tells us, by the rights and scope of its account: never more than a person may."""

from alerting import handling
from api.ledgers import desk, scope_of
from api.people import Desks, Person, demand
from api.problems import Problem, missing
from api.rights import Right, rights_of
from api.scope import sight_of
from api.services import Unit
from domain.alarm import CANARY, SYSTEM, Alarm
from domain.errors import Conflict
from domain.handling import HandlingStep, StepKind
from domain.hazard import HazardStep
from domain.instruction import Instruction
from domain.record import AuditEntry
from ledger.flow import Act, Duty
from lifeline.inbound import Acknowledge, Inquiry, Step, Supervise, Told, digest, kind_of

_OURS = frozenset({CANARY, SYSTEM})
_S = 1_000_000_000


def person_of(here: Desks, account: str) -> Person:
    """Find who a platform acts as (Problem 403: nobody who may)."""
    user = here.services.records.user(account)
    if user is None or not user.enabled or user.break_glass:
        why = f"账号不存在、停用或仅供应急 / account {account!r} is not there, disabled, or for emergencies alone"
        raise Problem(403, "account", why)
    sight = sight_of(user.townships, user.sites, here.services.assets)
    return Person(user, None, "", sight, rights_of(user.role))


def carry_out(here: Desks, target: str, person: Person, told: Told) -> bool:
    """Do what is told, once for each id; tell whether it was done before (Problem, Conflict, Refused, StepRefused)."""
    now_ns, content = here.services.clock_ns(), digest(told)
    with here.services.records.unit() as unit:
        known = unit.instruction(target, told.id)
        if known is not None and known.digest != content:
            why = f"同一编号此前内容不同 / instruction {told.id} came before with another content"
            raise Problem(409, "other-content", why)
        if known is None:
            _act(here, unit, person, told, f"{target}/{told.person or '?'}: {told.text}")
            unit.add_instruction(_written(target, told, content, now_ns))
        action = "city_repeated" if known else f"city_{kind_of(told)}"
        unit.audit(AuditEntry(now_ns, person.user.name, action, f"{target}/{told.id}", _described(told, content)))
    return known is not None


def note_refusal(here: Desks, target: str, user: str, told: Told | None, why: str) -> None:
    """Audit what was not done; None: it could not be understood."""
    name, what = (told.id, _described(told, "")) if told else ("?", "?")
    with here.services.records.unit() as unit:
        unit.audit(AuditEntry(here.services.clock_ns(), user, "city_refused", f"{target}/{name}", f"{what}: {why}"))


def _described(told: Told, content: str) -> str:
    return " ".join(filter(None, (kind_of(told), told.subject, told.person, content and f"sha256={content}")))


def _written(target: str, told: Told, content: str, now_ns: int) -> Instruction:
    by_ns = now_ns + told.answer_s * _S if isinstance(told, Inquiry) else 0
    return Instruction(target, told.id, kind_of(told), told.subject, told.person, told.text, content, now_ns, by_ns)


def _act(here: Desks, unit: Unit, person: Person, told: Told, said: str) -> None:
    user, now_ns = person.user.name, here.services.clock_ns()
    match told:
        case Acknowledge():
            demand(person, Right.ACK)
            alarm, began = _alarm(unit, person, told.alarm_id)
            here.services.desk.acknowledge(unit, alarm.id, told.occurrence or began, user, said, now_ns)
        case Step():
            demand(person, Right.HANDLE)
            alarm, _ = _alarm(unit, person, told.alarm_id)
            handling.take_step(unit, HandlingStep(alarm.incident_id, StepKind(told.step), user, now_ns, said))
        case Supervise(alarm_id=str(name)):
            demand(person, Right.SUPERVISE)
            alarm, _ = _alarm(unit, person, name)
            here.services.desk.comment(unit, alarm.id, alarm.life.occurrence, user, f"督办 {said}", now_ns)
        case Supervise():
            demand(person, Right.SUPERVISE)
            _supervise(here, unit, person, told, f"督办 {said}")
        case Inquiry():
            pass  # its row is what people see and answer


def _supervise(here: Desks, unit: Unit, person: Person, told: Supervise, said: str) -> None:
    hazard = unit.hazard(told.subject)
    if hazard is None or not scope_of(person).sees_hazard(hazard):
        raise missing("hazard", told.subject)
    wish = Act(
        step=HazardStep.COMMENT,
        user=person.user.name,
        now_ns=here.services.clock_ns(),
        duties=frozenset({Duty.SUPERVISE}),
        text=said,
    )
    desk(here).step(unit, hazard, wish)


def _alarm(unit: Unit, person: Person, name: str) -> tuple[Alarm, int]:
    """Find an alarm by its name outside (Problem 404: none, or out of sight; Conflict: it has begun anew since)."""
    row, _, began = name.rpartition("-")
    found = unit.alarm(row)
    raised = unit.newest(1, event="raise", alarm_id=row)
    ours = found is None or found.device in _OURS or found.site in _OURS
    if found is None or ours or not raised or int(began) > raised[0].occurrence or not person.sight.sees(found.site):
        raise missing("alarm", name)
    if raised[0].occurrence != int(began):
        raise Conflict("告警已变化：之后又有新告警 / the alarm is over: it was raised anew since")
    return found, int(began)
