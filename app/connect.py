"""Builds and runs role `connect`: a thread for each platform of the city."""

import logging
import random
import re
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx2

from alerting.notify.http import Http
from api.provider import is_safe
from api.services import Platform
from app.awaiting import await_stores
from app.channels import secret
from app.clock import now_ns
from app.configuration import Configuration, load_configuration
from app.pulse import BEAT_S
from app.roles.heart import Turns
from app.series import SeriesStore
from app.settings import CitySettings, MqttSettings, Settings, TargetSettings
from app.stores import Stores
from domain.asset import Assets
from domain.errors import ConfigurationError
from lifeline.canon import Canon, Limits
from lifeline.codes import is_place
from lifeline.collect import Collector
from lifeline.connector import Connector, Habits, Target
from lifeline.courier import Courier, HttpsCourier, MqttCourier, Publisher
from lifeline.frames import Framer
from lifeline.framing import patience_s
from lifeline.hearing import hear
from lifeline.line import Address, FrameCourier, Line
from lifeline.linkage import Linkages
from lifeline.mapping import CITIES, CityMapping, load_mapping, shipped, township_problems
from lifeline.measure import Measurer, Numbers
from lifeline.places import components
from lifeline.records import Reading
from lifeline.samples import bodies
from lifeline.seal import Keys, Seal, opens
from lifeline.sender import Pace, Sender
from lifeline.shape import NoCode
from lifeline.sm2 import parse_private, parse_public
from store.records import Records

_LOGGER = logging.getLogger(__name__)
Publishing = Callable[[ExitStack, MqttSettings, str], Publisher]
"""Connects to a broker under a name."""
_S = 1_000_000_000
_LEASE_S = 15.0
_DAY_NS = 86_400 * _S
T = TypeVar("T")
_USUAL = frozenset({"alarm", "disposal", "hazard", "site", "device", "reply"})
"""What goes out without being asked for; readings are many."""


class Checked(NamedTuple):
    """A target whose settings, files and secrets are in order."""

    name: str
    settings: TargetSettings
    mapping: CityMapping
    keys: Keys


def mapping_of(name: str) -> CityMapping:
    """Read a shipped mapping or a file (ConfigurationError)."""
    return load_mapping(CITIES / f"{name}.toml" if name in shipped() else Path(name))


def check_target(name: str, city: CitySettings) -> Checked:
    """Read mapping and secrets of a target (ConfigurationError: every problem)."""
    settings, where = city.targets[name], f"city.targets.{name}"
    if settings.mapping and settings.mapping not in shipped():
        raise ConfigurationError(f"{where}.mapping: {settings.mapping!r}; expected one of {', '.join(shipped())}")
    mapping = load_mapping(settings.mapping_file or CITIES / f"{settings.mapping}.toml")
    problems = [f"{where}.{problem}" for problem in _problems(settings, mapping)]
    problems += [f"city.{problem}" for problem in township_problems(city.townships)]
    if not is_place(city.code):
        problems.append(f"city.code: {city.code!r}; expected six digits of GB/T 2260")
    if problems:
        raise ConfigurationError(*problems)
    return Checked(name, settings, mapping, _keys(settings, where))


def check_city(name: str, settings: Settings) -> Checked:
    """Check a target as far as that goes without asking it (ConfigurationError: every problem)."""
    checked = check_target(name, settings.city)
    tried(checked.mapping, f"city.targets.{name}")
    if checked.mapping.frame is not None:
        framer_of(checked, load_configuration(settings.assets, settings.rulebook, settings.root).assets)
    return checked


def tried(mapping: CityMapping, where: str) -> dict[str, bytes]:
    """Give the call with a sample of each record (ConfigurationError: the mapping makes none of it)."""
    try:
        return bodies(mapping)
    except NoCode as error:
        raise ConfigurationError(f"{where}: {error}; expected one, or otherwise") from None


def platforms(city: CitySettings) -> dict[str, Platform]:
    """Give the targets that may tell us to do something (ConfigurationError)."""
    checked = [check_target(name, city) for name, settings in city.targets.items() if settings.account]
    return {
        one.name: Platform(one.settings.account, _seal(one).open, partial(hear, one.mapping.inbound)) for one in checked
    }


def _seal(checked: Checked) -> Seal:
    return Seal(checked.mapping.crypto, checked.keys, now_ns, secrets.token_bytes)


def _problems(settings: TargetSettings, mapping: CityMapping) -> Iterator[str]:
    crypto = mapping.crypto
    needs = {
        "token_file": bool(crypto.token_header),
        "secret_file": crypto.signature not in {"none", "sm2-sm3"} or "{secret}" in crypto.over,
        "sm4_key_file": crypto.body == "sm4-cbc",
        "sm2_key_file": crypto.signature == "sm2-sm3",
        "sm2_platform_key_file": crypto.signature == "sm2-sm3" and bool(settings.account),
        "mqtt": mapping.transport == "mqtt",
        "topic": mapping.transport == "mqtt",
        "tcp": mapping.transport == "gb26875",
    }
    yield from (
        f"{name}: is missing; mapping {mapping.name} needs it"
        for name, wanted in needs.items()
        if wanted and not getattr(settings, name)
    )
    url = settings.url.get_secret_value()
    if mapping.transport == "https" and (not is_safe(url) or url.endswith("/")):
        yield "url: expected https without a slash at the end (http on a loopback address alone)"
    if settings.account and not opens(crypto):
        yield f"account: mapping {mapping.name} signs no time, so that anybody could instruct us; expected a signature"
    yield from (
        f"records: mapping {mapping.name} has no {kind}; it has {', '.join(mapping.records)}"
        for kind in settings.records
        if kind not in mapping.records
    )


def _keys(settings: TargetSettings, where: str) -> Keys:
    """Read the secrets of a target; what is no key is told without showing it (ConfigurationError)."""
    read = partial(_read, settings, where)
    return Keys(
        read("token_file", str) or "",
        read("secret_file", str) or "",
        read("sm4_key_file", _sm4_key) or b"",
        read("sm2_key_file", parse_private),
        read("sm2_platform_key_file", parse_public),
    )


def _read(settings: TargetSettings, where: str, name: str, parse: Callable[[str], T]) -> T | None:
    file: Path | None = getattr(settings, name)
    if file is None:
        return None
    try:
        return parse(secret(file))
    except ValueError as error:
        raise ConfigurationError(f"{where}.{name}: {error}") from None


def _sm4_key(text: str) -> bytes:
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise ValueError("expected a key of 32 hexadecimal digits")
    return bytes.fromhex(text)


def run_connect(stores: Stores, publishing: Publishing, stop: threading.Event) -> None:
    """Run a connector for each target until `stop`; without targets, wait for it (ConfigurationError)."""
    checked = [check_target(name, stores.settings.city) for name in stores.settings.city.targets]
    turns = Turns(stores.connect_pulse(), [one.name for one in checked] or [""], now_ns, begun_ns=now_ns())
    records = await_stores(stores.records, stop) if checked else None
    if records is None:
        turns.done("")
        while not stop.wait(BEAT_S):
            turns.done("")
        return
    configuration = stores.configuration()
    with ExitStack() as stack:
        works = []
        for one in checked:
            client_id = f"{stores.settings.mqtt.client_id}-city-{one.name}"
            canon = canon_of(stores.settings.city, one.mapping, configuration)
            courier = _courier(one, publishing, client_id, canon.assets, stack)
            series = stack.enter_context(closing(stores.series()))
            works.append(_connector(one, records, series, canon, courier, turned=partial(turns.done, one.name)).run)
        _run_all(works, stop)


def _connector(
    checked: Checked,
    records: Records,
    series: SeriesStore,
    canon: Canon,
    courier: Courier,
    *,
    turned: Callable[[], object],
) -> Connector:
    name, settings, mapping, _ = checked
    framing = mapping.frame
    kinds: tuple[str, ...] = settings.records or tuple(kind for kind in mapping.records if kind in _USUAL)
    limits = {kind: part.batch for kind, part in mapping.records.items() if kind in kinds}
    sender = Sender(
        records,
        name,
        courier,
        limits=limits,
        pace=Pace(mapping.per_s, lease_s=_LEASE_S if framing is None else _LEASE_S + patience_s(framing)),
        clock_ns=now_ns,
        dice=random.random,
    )
    linkages = Linkages(records, series, canon.assets, now_ns)
    most, states = settings.most_waiting, framing is not None
    collector = Collector(
        records, name, canon, kinds=kinds, most=most, clock_ns=now_ns, linkages=linkages, states=states
    )
    habits = Habits(settings.heartbeat_s if "heartbeat" in mapping.records else 0, round(settings.keep_d * _DAY_NS))
    wants = framer_of(checked, canon.assets).says if framing else _everything
    numbers = Numbers(round(settings.readings_s * _S), most // 2)
    measures = "reading" in settings.records
    measurer = (
        Measurer(records, series, name, canon, numbers=numbers, clock_ns=now_ns, wants=wants) if measures else None
    )
    return Connector(records, Target(name, collector, sender, courier, canon, measurer), habits, now_ns, turned=turned)


def _everything(_: Reading) -> bool:
    return True


def canon_of(city: CitySettings, mapping: CityMapping, configuration: Configuration) -> Canon:
    """Give what writes a target's records."""
    rules = configuration.rulebook
    return Canon(
        city.code,
        city.source,
        configuration.assets,
        Limits(rules["gas_low.limit"], rules["gas_high.limit"], rules["device_ageing.calibration"]),
        crs=mapping.crs,
        owner_unit=city.owner_unit,
        org_code=city.org_code,
        townships=city.townships,
    )


def framer_of(checked: Checked, assets: Assets) -> Framer:
    """Give what writes a target's frames (ConfigurationError: a place that is none, or that two devices have)."""
    tcp, framing = checked.settings.tcp, checked.mapping.frame
    assert tcp is not None  # noqa: S101 - the settings were validated
    assert framing is not None  # noqa: S101 - so was the mapping
    places = components(assets, tcp.places, framing.components, f"city.targets.{checked.name}.tcp.places")
    return Framer(framing, tcp.source, tcp.destination, places)


def _courier(checked: Checked, publishing: Publishing, client_id: str, assets: Assets, stack: ExitStack) -> Courier:
    settings, mapping = checked.settings, checked.mapping
    if settings.tcp is not None and mapping.frame is not None:
        line = Line(Address(settings.tcp.host, settings.tcp.port), mapping.frame)
        stack.callback(line.close)
        framer = framer_of(checked, assets)
        if silent := len(assets.devices.keys() - framer.places):
            _LOGGER.warning("city %s: %d of %d devices have no place there", checked.name, silent, len(assets.devices))
        return FrameCourier(framer, line)
    seal = _seal(checked)
    if mapping.transport == "mqtt" and settings.mqtt is not None:
        return MqttCourier(mapping, settings.topic, seal, publishing(stack, settings.mqtt, client_id))
    client = stack.enter_context(_client(settings.ca_file))
    return HttpsCourier(mapping, settings.url.get_secret_value(), seal, Http(client))


@contextmanager
def _client(authority: Path | None) -> Iterator[httpx2.Client]:
    try:
        trusted = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{authority}: {error.strerror or error}; expected PEM") from None
    with httpx2.Client(verify=trusted) as client:
        yield client


def _run_all(works: Sequence[Callable[[threading.Event], None]], stop: threading.Event) -> None:
    errors: list[BaseException] = []

    def run(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001 - raised again where the role hears it
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(work,), name="connect", daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
