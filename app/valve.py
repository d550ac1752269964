"""Command `gas-lifeline valve`: close a valve from the server itself, in the same two steps as on the console."""

import argparse
import getpass
import secrets
import sys
import time

from alerting.valves import CannotClose
from api.board import Board
from api.routes.valves import valve_of
from app.clock import now_ns
from app.settings import load_settings
from app.web import build_services
from app.wiring import Wiring
from domain.asset import DeviceKind
from domain.command import UNDER_WAY, Command, CommandState
from domain.errors import ConfigurationError

_LOOK_S = 0.2


def valve(options: argparse.Namespace) -> int:
    """Ask, confirm and follow; exit code 0 only when the valve reports closed."""
    wiring = Wiring(load_settings(options.config))
    with wiring.command_sender() as send:
        services = build_services(wiring, send)
        board = Board(services)
        known = services.assets.devices.get(options.device)
        if known is None or known.kind is not DeviceKind.CUTOFF_VALVE:
            raise ConfigurationError(
                f"valve close: {options.device} is no valve of this town; expected a cutoff_valve of devices.csv"
            )
        board.refresh()
        try:
            command = services.closing.request(
                valve_of(services, board, options.device), secrets.token_hex(8), getpass.getuser(), options.reason
            )
            if not _agreed(command):
                services.closing.cancel(command, getpass.getuser())
                return 1
            services.closing.confirm(command, getpass.getuser())
        except CannotClose as refused:
            print(refused, file=sys.stderr)  # noqa: T201 - the command's answer
            return 1
        while (found := services.records.command(command.id)) and found.state in UNDER_WAY:
            time.sleep(_LOOK_S)
    print(f"{options.device}: {found.state if found else ''} {found.detail if found else ''}".rstrip())  # noqa: T201
    return 0 if found and found.state is CommandState.CONFIRMED else 1


def _agreed(command: Command) -> bool:
    """Demand the valve's id in time: the second deliberate step."""
    left_s = (command.confirm_by_ns - now_ns()) / 1e9
    print(command.seen)  # noqa: T201 - what the person must see
    return (
        input(f"输入阀门编号以确认关闭 / type {command.device} within {left_s:.0f} s to close it: ") == command.device
    )
