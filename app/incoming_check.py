"""`gas-lifeline check` of what comes to us: transmitters, pushes of carriers, a city's instructions."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import NamedTuple

from api.rights import Right, rights_of
from app import channels
from app.clock import now_ns
from app.configuration import read_assets
from app.connect import check_city
from app.pulse import ListenPulse, PulseFile, is_silent
from app.settings import ListenSettings, Settings
from domain.asset import Device
from domain.errors import ConfigurationError
from domain.record import User
from store.engine import database_file
from store.records import Records

_INBOUND = frozenset({Right.ACK, Right.HANDLE, Right.SUPERVISE})
"""Without any of them a platform may ask whether the desk is manned, and nothing else."""


class Shown(NamedTuple):
    """What a check that is well has to show."""

    text: str


def incoming(settings: Settings) -> list[tuple[str, Callable[[], object]]]:
    """Give the checks of what is configured, or used by a device."""
    pushed = [device.id for device in _devices(settings) if device.push]
    found: list[tuple[str, Callable[[], object]]] = []
    if settings.listen.enabled:
        found.append(("listen", lambda: _refuse(_listen(settings))))
    if pushed or settings.push.token_file:
        found.append(("push", lambda: _refuse(_push(settings, pushed))))
    return found + [(f"city {name}", partial(_city, name, settings)) for name in settings.city.targets]


def _devices(settings: Settings) -> Sequence[Device]:
    """Read the registry; of one that is wrong the check of the configuration tells."""
    try:
        return list(read_assets(settings.assets).devices.values())
    except ConfigurationError:
        return ()


def _refuse(problems: Iterator[str]) -> None:
    if found := list(problems):
        raise ConfigurationError(*found)


def _listen(settings: Settings) -> Iterator[str]:
    if not any(device.gb26875 for device in _devices(settings)):
        yield "listen.enabled is set and no device of devices.csv has gb26875; expected the address of each transmitter"
    turned_ns = PulseFile(settings.data, ListenPulse()).read().oldest_ns
    if is_silent(turned_ns, now_ns()):  # else it is our own role that has the port
        yield from _taken(settings.listen)


def _taken(listen: ListenSettings) -> Iterator[str]:
    try:
        family = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((listen.host, listen.port), family=family).close()
    except OSError as error:
        yield f"listen.host {listen.host}, listen.port {listen.port}: {error.strerror}; expected an address of ours"


def _push(settings: Settings, pushed: Sequence[str]) -> Iterator[str]:
    if not settings.push.token_file:
        yield f"push of {', '.join(pushed[:3])} in devices.csv, and push.token_file is missing: nobody may push"
    elif not pushed:
        yield "push.token_file is set and no device of devices.csv has push; expected product/name"
    try:
        channels.push_token(settings)
    except ConfigurationError as error:
        yield from error.problems


def _city(name: str, settings: Settings) -> Shown:
    checked = check_city(name, settings)
    account, mapping = checked.settings.account, checked.mapping
    if account:
        _refuse(f"city.targets.{name}.account: {problem}" for problem in _account(account, _user(account, settings)))
    return Shown(f"{mapping.name} writes samples of {', '.join(mapping.records)}")


def _user(account: str, settings: Settings) -> User | None:
    """Find it, if there are records; who checks makes none (StoreUnavailable)."""
    file = database_file(settings.records_url)
    if file is not None and not file.exists():
        return None
    with closing(Records(settings.records_url)) as records:
        return records.user(account)


def _account(account: str, user: User | None) -> Iterator[str]:
    if user is None:
        yield f"no account {account!r}; expected one (gas-lifeline user add {account} --role regulator)"
    elif not user.enabled:
        yield f"account {account!r} is disabled: each instruction is refused"
    elif user.break_glass:
        yield f"account {account!r} is for emergencies alone; expected one of the platform's own"
    elif not rights_of(user.role) & _INBOUND:
        yield f"role {user.role} of {account!r} may nothing that is asked for; expected {', '.join(sorted(_INBOUND))}"
