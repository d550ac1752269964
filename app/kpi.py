"""`gas-lifeline kpi`: how well the alarms serve the people who answer them."""

import argparse
from collections.abc import Iterator, Sequence

import msgspec

from alerting.kpi import Measure, Report, report, town_of
from alerting.kpi_texts import PATTERNS, REMEDIES, TEXTS, Said
from app.clock import now_ns
from app.columns import aligned
from app.settings import load_settings
from app.wiring import Wiring
from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.period import Period

_DAY_NS = 86_400_000_000_000
_HEAD = {
    "zh": ("指标", "值", "目标", "达标", "算法"),
    "en": ("number", "value", "target", "met", "formula"),
}
_MET = {"zh": {True: "是", False: "否", None: ""}, "en": {True: "yes", False: "NO", None: ""}}
_ACTORS = {"zh": ("告警", "设备", "提示次数", "占比", "建议"), "en": ("alarm", "device", "asked", "share", "remedy")}


def kpi(options: argparse.Namespace) -> int:
    """Print the KPIs of the last days."""
    wiring = Wiring(load_settings(options.config))
    assets = wiring.configuration().assets
    sites = _sites(assets, options.site)
    at_ns = now_ns()
    period = wiring.records().period(at_ns - options.days * _DAY_NS, at_ns, sites)
    found = report(period, town_of(assets, sites))
    if options.json:
        print(_json(period, found))  # noqa: T201 - the command's answer
        return 0
    for line in lines(found, options.language):
        print(line)  # noqa: T201 - the command's answer
    return 0


def _sites(assets: Assets, site: str | None) -> frozenset[str] | None:
    if site is None:
        return None
    if site not in assets.sites:
        raise ConfigurationError(f"--site {site}: no such site in the assets; expected an id of sites.csv")
    return frozenset({site})


def _json(period: Period, found: Report) -> str:
    measures = {one.name: one._asdict() | {"met": one.met} for one in found.measures}
    body = {
        "from_ns": period.from_ns,
        "to_ns": period.to_ns,
        "position": "all",
        "measures": measures,
        "sites": [load._asdict() for load in found.sites],
        "devices": [load._asdict() for load in found.devices],
        "bad_actors": [actor._asdict() for actor in found.bad_actors],
    }
    return msgspec.json.encode(body).decode()


def lines(found: Report, language: str) -> Iterator[str]:
    """Write the numbers as one table, the bad actors as another."""
    yield from aligned([_HEAD[language], *(_row(one, language) for one in found.measures)])
    if found.bad_actors:
        yield ""
        yield from aligned([_ACTORS[language], *_actors(found, language)])


def _row(one: Measure, language: str) -> Sequence[str]:
    meant = TEXTS[one.name]
    target = "" if one.target is None else f"{'<=' if one.at_most else '>='} {_number(one.target, one.unit)}"
    return (
        _said(meant.name, language),
        _number(one.value, one.unit),
        target,
        _MET[language][one.met],
        _said(meant.formula, language),
    )


def _actors(found: Report, language: str) -> Iterator[Sequence[str]]:
    for actor in found.bad_actors:
        remedies = [f"{_said(PATTERNS[p], language)}: {_said(REMEDIES[p], language)}" for p in actor.patterns]
        share = _number(actor.share, "share")
        yield actor.kind, actor.device, str(actor.annunciations), share, "; ".join(remedies)


def _said(said: Said, language: str) -> str:
    return said.zh if language == "zh" else said.en


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "share":
        return f"{value * 100:.4g} %"
    return f"{value:.4g} {unit}".rstrip() if value < 10_000 else f"{value:.0f} {unit}".rstrip()  # noqa: PLR2004 - digits
