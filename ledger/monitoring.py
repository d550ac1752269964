"""What monitoring proves: detectors and valves that are missing, silent, worn out, unused or not linked (rule R07).

What measured values prove by themselves, of R10 too, is in `ledger.telemetry`; what deliveries of LPG prove, in
`ledger.cylinders`.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets, DeviceKind, Site
from domain.cylinder import begins_ns
from domain.record import JournalEntry
from ledger.rules import SECTORS

FINDINGS: dict[str, tuple[str, str]] = {
    "no_detector": ("未安装可燃气体探测器", "no gas detector"),
    "no_valve": ("未安装燃气紧急切断阀", "no cut-off valve"),
    "offline": ("设备长时间失联", "a device is silent for long"),
    "expired": ("设备超过使用年限", "a device is beyond its service life"),
    "muted": ("探测器被消音", "a detector is muted"),
    "unplugged": ("营业时断电", "a device is unplugged while there is cooking"),
    "not_closed": ("报警后切断阀未关闭（联动失败）", "the valve did not close at an alarm (linkage failed)"),
    "not_linked": (
        "探测器与切断阀未联动（遥控能关，报警不关）",
        "detector and valve are not linked: the valve closed at a command and not at an alarm",
    ),
    "medium_pressure": ("燃烧器具前中压供气", "burners are fed with medium pressure"),
    "bypassed": ("阀关闭后仍有流量", "gas flows although the valve is closed"),
    "storage": (
        "存放气瓶总重量超过100kg，未登记专用气瓶间",
        "cylinders of more than 100 kg and no registered room for them",
    ),
    "uninspected": ("送气时未随瓶安检", "LPG was delivered without a check of the place"),
    "unpaired": ("配送人员与车辆不对应", "the person is not paired with the vehicle"),
    "outside_area": ("超出固定配送范围", "a delivery outside the fixed area"),
    "elsewhere": ("送气定位与送达地址不符", "the vehicle was far from the address that it named"),
    "unknown_cylinder": ("配送未登记的气瓶", "a cylinder was delivered that nobody registered"),
}
"""What is found, in both languages."""
RULE_OF: dict[str, str] = {
    "medium_pressure": "R10",
    "storage": "R02",
    "uninspected": "R13",
    **dict.fromkeys(("unpaired", "outside_area", "elsewhere", "unknown_cylinder"), "R15"),
}
"""Rule that a finding breaks; R07 where none is named."""
_RAISES, ENDS = frozenset({"raise", "worsen"}), frozenset({"return", "latch"})
_BY_KIND = {AlarmKind.LINKAGE_FAILED: "not_closed", AlarmKind.VALVE_BYPASS: "bypassed"}
_BY_REASON = {
    (AlarmKind.UPKEEP_DUE, "muted"): "muted",
    (AlarmKind.UPKEEP_DUE, "unplugged"): "unplugged",
    (AlarmKind.DEVICE_AGEING, "expired"): "expired",
}
KINDS = frozenset({AlarmKind.DEVICE_SILENT, *_BY_KIND, *(kind for kind, _ in _BY_REASON)})
"""Of alarms that can show anything of it."""
_SAFETY = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.CUTOFF_VALVE})
_DAY_NS = 86_400_000_000_000


class Enterprise(NamedTuple):
    """Who answers for a delivery: a business that is no site of the registry."""

    name: str
    township: str
    responsible: str


class Found(NamedTuple):
    """Something that is against a rule.

    Attributes:
        finding: one of `FINDINGS`; with the site it names the hazard.
        time_ns: when it began.
        device: that shows it, or what does; "" for none.
        alarm_id: that shows it; "" where the registry does.
        stands: it is still so; else it happened once.
        enterprise: that answers in a township, where no site does.
    """

    site: str
    finding: str
    time_ns: int
    device: str = ""
    alarm_id: str = ""
    stands: bool = False
    enterprise: Enterprise | None = None

    @property
    def evidence(self) -> str:
        zh, en = FINDINGS[self.finding]
        return f"{zh} / {en}" + (f" [{self.device}]" if self.device else "")

    @property
    def rule(self) -> str:
        return RULE_OF.get(self.finding, "R07")

    @property
    def hazard_id(self) -> str:
        one = self.enterprise
        return hazard_id(self.site if one is None else f"{one.name}/{one.township}", self.finding)


def hazard_id(site: str, finding: str) -> str:
    """Name the one hazard that there is of a finding at a site.

    Example:
        >>> hazard_id("S1", "offline") == hazard_id("S1", "offline") != hazard_id("S2", "offline")
        True
    """
    return hashlib.sha256(f"{site}/{finding}".encode()).hexdigest()[:16]


def covered(site: Site | None) -> bool:
    """Tell whether the user-side rules apply there: a restaurant, or another crowded place that uses gas."""
    return site is not None and site.type in SECTORS


def of_registry(assets: Assets, now_ns: int) -> Iterator[Found]:
    """Give what the registry itself shows: nothing installed, or something beyond its last day."""
    for site in filter(covered, assets.sites.values()):
        for kind, finding in ((DeviceKind.GAS_DETECTOR, "no_detector"), (DeviceKind.CUTOFF_VALVE, "no_valve")):
            if not assets.of_kind(site.id, kind):
                yield Found(site.id, finding, now_ns, stands=True)
        for device in assets.by_site.get(site.id, ()):
            if device.kind in _SAFETY and device.expires_on is not None:
                end_ns = begins_ns(device.expires_on) + _DAY_NS  # its last day is one of service, in China
                if end_ns <= now_ns:
                    yield Found(site.id, "expired", end_ns, device.id, stands=True)


def of_silent(alarm: Alarm, assets: Assets, now_ns: int, offline_ns: int) -> Found | None:
    """Judge a standing alarm about silence: it is a hazard from `offline_ns` on."""
    since_ns, device = alarm.raised_ns, assets.devices.get(alarm.device)
    if device is None or device.kind not in _SAFETY or not covered(assets.sites.get(alarm.site)):
        return None
    long = now_ns - since_ns >= offline_ns
    return Found(alarm.site, "offline", since_ns, alarm.device, alarm.id, stands=True) if long else None


class Past(NamedTuple):
    """What else is known of a line, looked up where it matters alone.

    Attributes:
        reason: of its alarm, as it was raised.
        raised: gives when its occurrence was raised; None unknown.
        obeyed: tells whether its device closed at a command of ours that was sent since then.
    """

    reason: str
    raised: Callable[[], int | None]
    obeyed: Callable[[int], bool]


def of_journal(entry: JournalEntry, past: Past, assets: Assets, offline_ns: int) -> Found | None:
    """Judge one line of the journal.

    Args:
        entry: the line.
        past: of its alarm.
        assets: the registry.
        offline_ns: silence of at least this is a hazard, also when it is over.
    """
    if not covered(assets.sites.get(entry.site)):
        return None
    if entry.kind is AlarmKind.DEVICE_SILENT:
        device = assets.devices.get(entry.device)
        since_ns = past.raised() if entry.event == "return" and device and device.kind in _SAFETY else None
        long = since_ns is not None and entry.time_ns - since_ns >= offline_ns
        return Found(entry.site, "offline", entry.time_ns, entry.device, entry.alarm_id) if long else None
    if entry.kind is AlarmKind.LINKAGE_FAILED and entry.event in ENDS:
        return _of_link(entry, past)
    finding = _BY_KIND.get(entry.kind) or _BY_REASON.get((entry.kind, entry.note or past.reason))
    if finding is None or entry.event not in _RAISES:
        return None
    return Found(entry.site, finding, entry.time_ns, entry.device, entry.alarm_id)


def _of_link(entry: JournalEntry, past: Past) -> Found | None:
    """A valve that stayed open at high gas, and closed when it was asked to, is not linked to the detector."""
    since_ns = past.raised() if past.reason == "not_closed" else None
    linked = since_ns is None or not past.obeyed(since_ns)
    return None if linked else Found(entry.site, "not_linked", entry.time_ns, entry.device, entry.alarm_id)
