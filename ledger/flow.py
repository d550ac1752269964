"""The life of a hazard as a pure function: who may take which step, from where, and with what in his hands.

登记 → 派发 → 整改中 → 待复查 → 销号. No step can be skipped, and the last one is another person's. Letters name the
rules of docs/ledger.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from domain.errors import GasLifelineError
from domain.hazard import OPEN_STATES, UNFIXED, Grade, Hazard, HazardEvent, HazardState, HazardStep, Supervision
from domain.rulebook import Rulebook


class Duty(StrEnum):
    """What somebody may do in the ledger."""

    INSPECT = "inspect"
    """Find, register, check again."""
    RECTIFY = "rectify"
    """Put right and say so."""
    SUPERVISE = "supervise"
    """Hand out, extend, escalate."""


class Why(StrEnum):
    """Why a step is refused."""

    DUTY = "duty"
    ORDER = "order"
    FIELD = "field"
    SAME_PERSON = "same_person"
    DEADLINE = "deadline"
    NOT_OVERDUE = "not_overdue"


class StepRefused(GasLifelineError):  # noqa: N818 - it says what happened, as `alerting.lifecycle.Refused` does
    """A step that the rules forbid.

    Attributes:
        why: code.
    """

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


class Numbers(NamedTuple):
    """Of the rulebook.

    Attributes:
        at_once_ns: what is put right within this needs no interim control.
        escalate_ns: how long a hazard is overdue before it is supervised, its owner summoned, and it is listed.
    """

    at_once_ns: int
    escalate_ns: tuple[int, int, int]

    @classmethod
    def of(cls, rulebook: Rulebook) -> "Numbers":
        degrees = (rulebook.ns("hazard.supervise"), rulebook.ns("hazard.interview"), rulebook.ns("hazard.list"))
        return cls(rulebook.ns("hazard.at_once"), degrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody wants to do.

    Attributes:
        user: whose account; "" the system.
        names: how else that person is called: who is responsible is written as a name.
        duties: that the person has.
        text: evidence, reason or measure, by the step.
        at_once: of `begin`: it is put right on the spot.
        deadline_ns: of `extend` and `reopen`.
        responsible: of `assign`.
    """

    step: HazardStep
    user: str
    now_ns: int
    names: frozenset[str] = frozenset()
    duties: frozenset[Duty] = frozenset(Duty)
    text: str = ""
    at_once: bool = False
    deadline_ns: int = 0
    responsible: str = ""


Change = Callable[[Hazard, Act, Numbers], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One step.

    Attributes:
        duty: that it takes; None: any one.
        before: states from which it goes.
        after: where it leads; None: nowhere.
        demands: what must be said.
        change: what else it changes, or why not.
    """

    duty: Duty | None
    before: frozenset[HazardState]
    after: HazardState | None = None
    demands: str = ""
    change: Change = field(default=lambda _hazard, _act, _numbers: {})


def register(hazard: Hazard) -> tuple[Hazard, HazardEvent]:
    """Take a hazard into the ledger (StepRefused: a mandatory field is empty, or its deadline is no time ahead).

    Rule (a): no record without a responsible person and a deadline.
    """
    for name in ("rule", "object", "township", "found_by", "evidence", "responsible", "lead"):
        if not getattr(hazard, name).strip():
            raise StepRefused(Why.FIELD, f"缺少必填项 / {name} is missing: every record names it")
    if hazard.deadline_ns <= hazard.found_ns:
        raise StepRefused(Why.DEADLINE, "完成时限须晚于发现时间 / the deadline must lie after the finding")
    text = f"{hazard.rule} {hazard.evidence}"
    state = HazardState.REGISTERED
    return hazard, HazardEvent(hazard.id, HazardStep.REGISTER, state, state, hazard.found_by, hazard.found_ns, text)


def take(hazard: Hazard, act: Act, numbers: Numbers) -> tuple[Hazard, HazardEvent]:
    """Take one step (StepRefused: why not); the hazard that was given stays as it is."""
    way = WAYS[act.step]
    if not act.duties or (way.duty and way.duty not in act.duties):
        raise StepRefused(Why.DUTY, f"无权执行该步骤 / {act.step} needs the duty {way.duty or 'of any sort'}")
    if hazard.state not in way.before:
        expected = ", ".join(sorted(way.before))
        raise StepRefused(Why.ORDER, f"步骤不可跳过 / {act.step} follows {expected}; this is {hazard.state}")
    if way.demands and not act.text.strip():
        raise StepRefused(Why.FIELD, f"缺少必填项 / {act.step} needs a text: {way.demands}")
    changed: dict[str, Any] = {"state": way.after or hazard.state} | way.change(hazard, act, numbers)
    after = replace(hazard, **changed)
    return after, HazardEvent(hazard.id, act.step, hazard.state, after.state, act.user, act.now_ns, act.text)


def due_supervision(hazard: Hazard, now_ns: int, numbers: Numbers) -> Supervision:
    """Tell how far an overdue hazard must be escalated by now: rule (h).

    Formula: the number of `escalate_ns` that the time since the deadline exceeds.
    """
    if not hazard.overdue(now_ns):
        return hazard.supervision
    late_ns = now_ns - hazard.deadline_ns
    return max(hazard.supervision, Supervision(sum(late_ns > after_ns for after_ns in numbers.escalate_ns)))


def _begin(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    """Rule (b): what is not put right at once is made safe meanwhile."""
    interim = act.text.strip() or hazard.interim
    if not interim and not act.at_once:
        raise StepRefused(Why.FIELD, "不能立即整改的须有管控措施 / name the interim control")
    return {"interim": interim, "begun_ns": act.now_ns}


def _rectify(hazard: Hazard, act: Act, numbers: Numbers) -> dict[str, Any]:
    if not hazard.interim and act.now_ns - hazard.begun_ns > numbers.at_once_ns:
        raise StepRefused(Why.FIELD, "未立即整改，须补录管控措施 / not put right at once: name the interim control")
    done = {"rectified_by": act.user, "rectified_ns": act.now_ns, "rectified_evidence": act.text}
    return done | {"barred": _barred(hazard, act.user)}


def _barred(hazard: Hazard, *further: str) -> tuple[str, ...]:
    """Remember whose work it was: handing it to another makes nobody a second person."""
    return tuple(sorted({hazard.responsible, hazard.rectified_by, *hazard.barred, *further} - {""}))


def _recheck(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    """Rule (d): whoever put it right, or answered for it, since it was opened last does not check it."""
    if not ({act.user} | act.names).isdisjoint((hazard.rectified_by, *_barred(hazard))):
        raise StepRefused(Why.SAME_PERSON, "复查须由另一人进行 / a re-check is another person's")
    return {"rechecked_by": act.user, "rechecked_ns": act.now_ns}


def _pass(hazard: Hazard, act: Act, numbers: Numbers) -> dict[str, Any]:
    closed = {"closed_ns": act.now_ns, "supervision": Supervision.NONE, "out_of_use": False}
    return _recheck(hazard, act, numbers) | closed


def _ahead(act: Act, than_ns: int) -> int:
    if act.deadline_ns <= than_ns:
        raise StepRefused(Why.DEADLINE, "完成时限须在其后 / the deadline must lie later")
    return act.deadline_ns


def _reopen(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    fixed = {"rectified_by": "", "rectified_ns": 0, "rectified_evidence": "", "begun_ns": 0, "interim": ""}
    again = {"barred": (), "closed_ns": None, "reopened": hazard.reopened + 1, "evidence": act.text}
    return fixed | again | {"deadline_ns": _ahead(act, act.now_ns)}


def _seen(hazard: Hazard, _act: Act, _numbers: Numbers) -> dict[str, Any]:
    waits = hazard.state is HazardState.AWAITING_RECHECK  # what monitoring still sees was not put right
    return {"state": HazardState.FIXING} if waits else {}


def _extend(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    return {"deadline_ns": _ahead(act, max(act.now_ns, hazard.deadline_ns))}


def _assign(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    if not act.responsible.strip():
        raise StepRefused(Why.FIELD, "缺少整治责任人 / name who is responsible")
    return {"responsible": act.responsible.strip(), "barred": _barred(hazard)}


def _supervise(hazard: Hazard, act: Act, numbers: Numbers) -> dict[str, Any]:
    """Rule (h): one degree further by a person; the system follows the rulebook."""
    if not hazard.overdue(act.now_ns) or hazard.supervision is Supervision.LISTED:
        raise StepRefused(Why.NOT_OVERDUE, "未逾期或已挂牌 / it is not overdue, or escalated to the end")
    degree = due_supervision(hazard, act.now_ns, numbers) if not act.user else hazard.supervision + 1
    return {"supervision": Supervision(degree)}


def _out_of_use(hazard: Hazard, act: Act, _numbers: Numbers) -> dict[str, Any]:
    if not hazard.overdue(act.now_ns) and hazard.grade is not Grade.MAJOR:
        raise StepRefused(Why.NOT_OVERDUE, "逾期或重大隐患方可停用 / only what is overdue or major is put out of use")
    return {"out_of_use": True}


WAYS: Mapping[HazardStep, _Way] = {
    HazardStep.DISPATCH: _Way(Duty.SUPERVISE, frozenset({HazardState.REGISTERED}), HazardState.DISPATCHED),
    HazardStep.BEGIN: _Way(Duty.RECTIFY, frozenset({HazardState.DISPATCHED}), HazardState.FIXING, change=_begin),
    HazardStep.INTERIM: _Way(
        Duty.RECTIFY, UNFIXED, demands="the measure", change=lambda _hazard, act, _numbers: {"interim": act.text}
    ),
    HazardStep.RECTIFY: _Way(
        Duty.RECTIFY, frozenset({HazardState.FIXING}), HazardState.AWAITING_RECHECK, "what was done", _rectify
    ),
    HazardStep.PASS: _Way(
        Duty.INSPECT, frozenset({HazardState.AWAITING_RECHECK}), HazardState.CLOSED, "what was seen", _pass
    ),
    HazardStep.FAIL: _Way(
        Duty.INSPECT, frozenset({HazardState.AWAITING_RECHECK}), HazardState.FIXING, "what is still wrong", _recheck
    ),
    HazardStep.REOPEN: _Way(
        Duty.INSPECT, frozenset({HazardState.CLOSED}), HazardState.REGISTERED, "what was seen", _reopen
    ),
    HazardStep.SEEN: _Way(Duty.INSPECT, OPEN_STATES, None, "what was seen", _seen),
    HazardStep.EXTEND: _Way(Duty.SUPERVISE, UNFIXED, None, "the reason", _extend),
    HazardStep.ASSIGN: _Way(Duty.SUPERVISE, OPEN_STATES, change=_assign),
    HazardStep.SUPERVISE: _Way(Duty.SUPERVISE, UNFIXED, change=_supervise),
    HazardStep.OUT_OF_USE: _Way(Duty.SUPERVISE, OPEN_STATES, None, "the order", _out_of_use),
    HazardStep.BACK_IN_USE: _Way(
        Duty.SUPERVISE, OPEN_STATES, None, "the reason", lambda _hazard, _act, _numbers: {"out_of_use": False}
    ),
    HazardStep.COMMENT: _Way(None, frozenset(HazardState), None, "the comment"),
}
"""Every step but `register`, which makes the hazard."""


def open_to(hazard: Hazard, duties: frozenset[Duty]) -> list[HazardStep]:
    """Give the steps that a person may take now; what he says in them is not judged."""
    allowed = (step for step, way in WAYS.items() if hazard.state in way.before and step is not HazardStep.SEEN)
    return [step for step in allowed if (WAYS[step].duty or next(iter(duties), None)) in duties]
