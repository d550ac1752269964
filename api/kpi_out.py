"""Answers about how well the alarms serve the people who answer them."""

from alerting.kpi import BadActor, Load, Measure, Report
from alerting.kpi_texts import PATTERNS, REMEDIES, TEXTS, Said
from api.models import Out, Text
from api.times import rfc3339
from domain.alarm import AlarmKind
from domain.period import Period


class MeasureOut(Out):
    """One number: `target` and `met` are null where it is only shown, `value` where nothing was there to measure."""

    name: str
    text: Text
    formula: Text
    value: float | None
    unit: str
    target: float | None
    at_most: bool
    met: bool | None


class LoadOut(Out):
    """How much one site or device asked for."""

    name: str
    annunciations: int
    share: float
    false: int


class RemedyOut(Out):
    """Why an alarm is a bad actor, and what helps."""

    pattern: str
    text: Text
    remedy: Text


class BadActorOut(Out):
    """An alarm that asks too often or says too little."""

    alarm_id: str
    kind: AlarmKind
    device: str
    site: str
    annunciations: int
    share: float
    stood_s: float
    false: int
    remedies: list[RemedyOut]


class KpiOut(Out):
    """The KPIs of a time, of all positions together."""

    from_time: str
    to_time: str
    position: str
    measures: list[MeasureOut]
    sites: list[LoadOut]
    devices: list[LoadOut]
    bad_actors: list[BadActorOut]


def kpi(period: Period, found: Report) -> KpiOut:
    return KpiOut(
        from_time=rfc3339(period.from_ns),
        to_time=rfc3339(period.to_ns),
        position="all",
        measures=[_measure(one) for one in found.measures],
        sites=[_load(one) for one in found.sites],
        devices=[_load(one) for one in found.devices],
        bad_actors=[_actor(one) for one in found.bad_actors],
    )


def _text(said: Said) -> Text:
    return Text(zh=said.zh, en=said.en)


def _measure(one: Measure) -> MeasureOut:
    meant = TEXTS[one.name]
    return MeasureOut(**one._asdict(), met=one.met, text=_text(meant.name), formula=_text(meant.formula))


def _load(one: Load) -> LoadOut:
    return LoadOut(**one._asdict())


def _actor(one: BadActor) -> BadActorOut:
    remedies = [RemedyOut(pattern=p, text=_text(PATTERNS[p]), remedy=_text(REMEDIES[p])) for p in one.patterns]
    known = {name: value for name, value in one._asdict().items() if name != "patterns"}
    return BadActorOut(**known, remedies=remedies)
