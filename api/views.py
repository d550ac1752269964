"""From the words of the domain to the shapes of the answers."""

import base64
import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from alerting.reasons import ORIGINS_EN, ORIGINS_ZH, REASONS_EN, REASONS_ZH
from alerting.standdown import WORDS, Missing, needs_proof
from alerting.texts import text, unit, what_to_do
from alerting.verdict import Origin, sides, vote
from api import incident_out, models
from api.board import Board, Status, Tally
from api.limits import MAIN, quantity_of
from api.services import Latest, Services
from api.times import rfc3339_or_none
from domain.alarm import Alarm
from domain.asset import DeviceKind, Site
from domain.command import Command
from domain.handling import HandlingStep
from domain.network import Network
from domain.quality import Quality
from domain.quantity import SPANS, Quantity
from domain.record import DeviceState, Gap, Incident, JournalEntry, Quarantined


def finite(value: float | None) -> float | None:
    """A number that JSON can hold, or None."""
    return value if value is not None and math.isfinite(value) else None


def quality_name(quality: int) -> str:
    return Quality(quality).name.lower()


def location(site: Site) -> models.Location:
    return models.Location(lon=site.lon, lat=site.lat)


def alarm_location(alarm: Alarm, site: Site | None) -> models.AlarmLocation | None:
    """Give the place that was found, else that of the site."""
    found = alarm.location
    if found is None or found.lon is None or found.lat is None:
        place = models.AlarmLocation(lon=site.lon, lat=site.lat) if site else None
    else:
        place = models.AlarmLocation(lon=found.lon, lat=found.lat, within_m=found.within_m)
    if found is None or place is None:
        return place
    pipes = [models.PipeShare(pipe=share.pipe, probability=share.probability) for share in found.pipes]
    return place.model_copy(update={"pipes": pipes, "elsewhere": found.elsewhere})


def transition(entry: JournalEntry) -> models.TransitionOut:
    return models.TransitionOut(
        seq=entry.seq,
        alarm_id=entry.alarm_id,
        occurrence=entry.occurrence,
        event=entry.event,
        before=entry.before,
        after=entry.after,
        kind=entry.kind,
        priority=entry.priority,
        level=entry.level,
        device=entry.device,
        site=entry.site,
        value=finite(entry.value),
        limit=finite(entry.limit),
        user=entry.user or None,
        note=entry.note or None,
        reason=_reason(entry.note),
        position=entry.position,
        time=rfc3339_or_none(entry.time_ns),
    )


def _reason(code: str) -> models.Text | None:
    return models.Text(zh=REASONS_ZH[code], en=REASONS_EN[code]) if code in REASONS_ZH else None


def _why(line: JournalEntry) -> models.Text | None:
    """Give the words of a person, without the end and the permit that the desk wrote behind them; else the reason."""
    said = line.note.partition(" [until_ns=")[0]
    return models.Text(zh=said, en=said) if line.user and said else _reason(said)


def quarantined(entry: Quarantined) -> models.QuarantineOut:
    return models.QuarantineOut(
        id=entry.id,
        position=entry.position,
        part=entry.part,
        reason=entry.reason,
        detail=entry.detail,
        device=entry.device or None,
        site=entry.site or None,
        topic=entry.topic,
        payload=base64.b64encode(entry.payload).decode(),
        received=rfc3339_or_none(entry.received_ns),
        retried_position=entry.retried_position,
    )


def latest(quantity: Quantity, value: Latest) -> models.ValueOut:
    return models.ValueOut(
        value=finite(value.value),
        unit=SPANS[quantity].unit,
        time=rfc3339_or_none(value.time_ns),
        quality=quality_name(value.quality),
        late=value.late,
    )


def site_state(site: str, tally: Tally) -> models.SiteState:
    return models.SiteState(
        id=site,
        devices=tally.devices,
        offline=tally.offline,
        stale=tally.stale,
        valves=tally.valves,
        valves_closed=tally.valves_closed,
    )


def site_feature(site: Site) -> models.Feature:
    return models.Feature(
        id=site.id,
        geometry={"type": "Point", "coordinates": (site.lon, site.lat)},
        properties={"name": site.name, "name_en": site.name_en, "type": site.type, "zone": site.zone},
    )


def pipe_features(network: Network | None) -> Iterator[models.Feature]:
    if network is None:
        return
    places = {n.id: (n.lon, n.lat) for n in network.nodes if n.lon is not None and n.lat is not None}
    for pipe in network.pipes:
        if pipe.from_node in places and pipe.to_node in places:
            yield models.Feature(
                id=pipe.id,
                geometry={"type": "LineString", "coordinates": [places[pipe.from_node], places[pipe.to_node]]},
                properties={
                    "id": pipe.id,
                    "tier": pipe.tier,
                    "diameter_mm": pipe.inner_diameter_m * 1e3,
                    "in_service": pipe.in_service,
                },
            )


class Views:
    """Shapes that need the registry and the board.

    Args:
        services: registry and rulebook.
        board: how the devices stand.
    """

    def __init__(self, services: Services, board: Board) -> None:
        self._services = services
        self._assets = services.assets
        self._board = board
        self._critical = {
            kind for kind, definition in services.rulebook.definitions().items() if definition.safety_critical
        }

    def site_name(self, site: str) -> models.Text | None:
        known = self._assets.sites.get(site)
        return models.Text(zh=known.name, en=known.name_en) if known else None

    def alarm(self, alarm: Alarm) -> models.AlarmOut:
        life = alarm.life
        site = self._assets.sites.get(alarm.site)
        quantity = quantity_of(alarm, self._assets)
        line = text(alarm, self._assets)
        return models.AlarmOut(
            id=alarm.id,
            incident_id=alarm.incident_id or None,
            priority=alarm.priority,
            kind=alarm.kind,
            device=alarm.device,
            site=alarm.site,
            site_name=self.site_name(alarm.site),
            zone=alarm.zone,
            state=models.State(letter=life.letter, name=life.letter.name.lower()),
            active=life.active,
            acknowledged=life.acknowledged,
            latched=life.latched,
            suppressed=life.suppressed,
            occurrence=life.occurrence,
            value=finite(alarm.value),
            limit=finite(alarm.limit),
            unit=unit(alarm),
            quantity=quantity,
            classification=alarm.classification or "unknown",
            confidence=alarm.confidence,
            causes=[cause.name for cause in life.causes if not cause.broken],
            location=alarm_location(alarm, site),
            first_time=rfc3339_or_none(alarm.first_ns),
            raised_time=rfc3339_or_none(alarm.raised_ns),
            last_time=rfc3339_or_none(alarm.last_ns),
            acknowledged_by=alarm.acknowledged_by or None,
            acknowledged_time=rfc3339_or_none(alarm.acknowledged_ns),
            shelved_until=rfc3339_or_none(life.shelf_until_ns),
            out_of_service_until=rfc3339_or_none(life.oos_until_ns),
            permit_no=life.permit_no or None,
            text=models.Text(**line),
            what=models.Text(**{language: _without_place(said, alarm) for language, said in line.items()}),
            what_to_do=models.Text(**what_to_do(alarm.kind)),
            reasons=[alarm.reason] if alarm.reason else [],
            linkage=self._linkage(alarm.site),
            drill=alarm.drill,
            safety_critical=alarm.kind in self._critical,
        )

    def silenced(self, alarm: Alarm, line: JournalEntry | None) -> models.SilencedOut:
        """Show a hidden alarm; `line` is the journal's that hid it."""
        shown = self.alarm(alarm)
        return models.SilencedOut(
            **shown.model_dump(),
            hidden_time=rfc3339_or_none(line.time_ns) if line else None,
            hidden_by=line.user or None if line else None,
            hidden_why=_why(line) if line else None,
            hidden_until=shown.shelved_until or shown.out_of_service_until,
        )

    def incident(self, incident: Incident) -> incident_out.IncidentOut:
        return incident_out.IncidentOut(
            id=incident.id,
            site=incident.site,
            site_name=self.site_name(incident.site),
            zone=incident.zone,
            priority=incident.priority,
            opened_time=rfc3339_or_none(incident.opened_ns),
            closed_time=rfc3339_or_none(incident.closed_ns),
            closed_by=incident.closed_by or None,
            result=incident.result or None,
            needs_proof=needs_proof(incident),
            cause=incident.cause,
            cause_text=models.Text(zh=ORIGINS_ZH[incident.cause], en=ORIGINS_EN[incident.cause]),
            confidence=incident.confidence,
            place=incident.place or None,
        )

    def incident_detail(
        self,
        incident: Incident,
        members: Sequence[Alarm],
        journal: Sequence[JournalEntry],
        steps: Sequence[HandlingStep],
        missing: Sequence[Missing],
    ) -> incident_out.IncidentDetail:
        speaks, against = sides([vote(alarm, self._assets) for alarm in members], Origin(incident.cause))
        return incident_out.IncidentDetail(
            **self.incident(incident).model_dump(),
            evidence_for=[members[number].id for number in speaks],
            evidence_against=[members[number].id for number in against],
            alarms=[self.alarm(alarm) for alarm in members],
            journal=[transition(entry) for entry in journal],
            steps=[step(taken) for taken in steps],
            missing=[lack(one) for one in missing],
        )

    def device(self, status: Status) -> models.DeviceOut:
        device, state = status.device, status.state
        return models.DeviceOut(
            id=device.id,
            kind=device.kind,
            site=device.site,
            zone=self._assets.sites[device.site].zone,
            gas=device.gas,
            power=device.power,
            uplink=device.uplink,
            tier=device.tier,
            interval_s=state.interval_s if state else device.interval_s,
            quantity=MAIN[device.kind],
            online=status.online,
            heard=state is not None,
            stale=status.stale,
            newest_time=rfc3339_or_none(state.newest_ns) if state else None,
            position=status.position,
            position_time=rfc3339_or_none(status.position_ns),
            frames=state.frames if state else 0,
            duplicates=state.duplicates if state else 0,
            missing=state.missing if state else 0,
            completeness=_completeness(state),
            clock_shift_s=state.shift_ns / 1e9 if state else 0.0,
        )

    def gap(self, entry: Gap) -> models.GapOut:
        return models.GapOut(
            device=entry.device,
            boot_id=entry.boot_id,
            from_seq=entry.from_seq,
            to_seq=entry.to_seq,
            opened=rfc3339_or_none(entry.opened_ns),
            closed=rfc3339_or_none(entry.closed_ns),
            reason=entry.reason,
            completeness=_completeness(self._state(entry.device)),
        )

    def _state(self, device: str) -> DeviceState | None:
        return self._board.of(device).state if device in self._assets.devices else None

    def site(self, site: Site, cylinders: Sequence[str] = ()) -> models.SiteOut:
        tally = self._board.tally(self._board.at(site.id))
        return models.SiteOut(
            **site_state(site.id, tally).model_dump(),
            name=site.name,
            name_en=site.name_en,
            type=site.type,
            zone=site.zone,
            district=site.district,
            gas=site.gas,
            location=location(site),
            cylinders=list(cylinders),
        )

    def _linkage(self, site: str) -> models.Linkage:
        here = self._board.at(site)
        return models.Linkage(
            valves=[_linked(status) for status in here if status.device.kind is DeviceKind.CUTOFF_VALVE],
            fans=[_linked(status) for status in here if status.device.kind is DeviceKind.FAN],
        )


def step(taken: HandlingStep) -> incident_out.StepOut:
    return incident_out.StepOut(
        step=taken.kind,
        user=taken.user,
        time=rfc3339_or_none(taken.time_ns),
        text=taken.text,
        result=taken.result or None,
    )


def lack(one: Missing) -> incident_out.LackOut:
    zh, en = WORDS[one.lack]
    return incident_out.LackOut(code=one.lack, text=models.Text(zh=zh, en=en), where=list(one.where))


def command(found: Command, now_ns: int) -> incident_out.CommandOut:
    seen = msgspec.json.decode(found.seen, type=_Seen)
    return incident_out.CommandOut(
        id=found.id,
        device=found.device,
        site=found.site,
        state=found.state_at(now_ns),
        user=found.user,
        reason=found.reason,
        seen=incident_out.SeenValve(
            online=seen.online,
            position=finite(seen.position),
            position_time=rfc3339_or_none(seen.position_ns),
            feeds=seen.feeds,
            incident=seen.incident,
        ),
        requested_time=rfc3339_or_none(found.requested_ns),
        confirm_by=rfc3339_or_none(found.confirm_by_ns),
        sent_time=rfc3339_or_none(found.sent_ns),
        answer_by=rfc3339_or_none(found.answer_by_ns),
        closed_by=rfc3339_or_none(found.closed_by_ns),
        detail=found.detail,
    )


class _Seen(msgspec.Struct):
    online: bool
    position: float | None
    position_ns: int
    feeds: str
    incident: bool


def _without_place(line: str, alarm: Alarm) -> str:
    """The line as it reads beside the place; alarms about ourselves have no place to leave out."""
    _, named, rest = line.partition(f" {alarm.device} ")
    return rest if named else line


def _completeness(state: DeviceState | None) -> float | Literal["unknown"]:
    sent = state.frames + state.missing if state and state.counted else 0
    return state.frames / sent if state and sent else "unknown"


def _linked(status: Status) -> models.Linked:
    return models.Linked(
        device=status.device.id,
        position=finite(status.position),
        online=status.online,
        time=rfc3339_or_none(status.position_ns),
    )
