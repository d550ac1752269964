"""The command `gas-lifeline`: parse, call, and turn a user's mistake into one clear line."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app import admin, check
from app.demo import DEMO_SCENARIO, DemoOptions, run_demo
from app.score import run_score
from app.settings import ROLES, load_settings
from app.simulate import run_simulate
from app.supervisor import only_one, supervise
from app.wiring import Wiring
from domain.errors import GasLifelineError

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code: 0 only on success."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    command: Command = options.command
    try:
        return command(options)
    except GasLifelineError as error:
        for problem in getattr(error, "problems", None) or [str(error)]:
            print(f"gas-lifeline: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gas-lifeline", description="Gas safety of a city, from sensor to person.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _demo(commands)
    _serve(commands)
    _check(commands)
    _simulate(commands)
    _log(commands)
    _quarantine(commands)
    _user(commands)
    _score(commands)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str, example: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=what,
        description=what,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="config.toml; default: built-in values and environment"
    )


def _demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "demo",
        "a fictional town, the whole service and the console, on this machine alone",
        "gas-lifeline demo --headless --duration 60 --json out.json",
        lambda o: run_demo(DemoOptions(o.scenario, o.port, o.duration, o.headless, o.json, o.protocol_seed)),
    )
    parser.add_argument("--scenario", type=Path, default=DEMO_SCENARIO, metavar="FILE", help="what happens in the town")
    parser.add_argument("--port", type=int, help="of the console (default: 8000, or a free one)")
    parser.add_argument("--duration", type=float, metavar="S", help="end after so many seconds (default: Ctrl-C)")
    parser.add_argument("--headless", action="store_true", help="without the console")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write counts, alarms and latency at the end")
    parser.add_argument("--seed", type=int, dest="protocol_seed", help="instead of the scenario's")


def _serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "serve", "the service", "gas-lifeline serve --config config.toml --role ingest", _run_serve)
    _config(parser)
    parser.add_argument(
        "--role", action="append", choices=ROLES, help="only this role; may be given again (default: all)"
    )


def _run_serve(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    names = options.role or list(ROLES)
    locks = [only_one(settings.data, name) for name in names]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    well = supervise(Wiring(settings).roles(names), stop)
    del locks
    return 0 if well else 1


def _check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "check",
        "validate configuration, rulebook, assets and scenario, and reach the servers",
        "gas-lifeline check --rulebook rulebook.toml",
        lambda o: check.run_check(o.config, o.rulebook, o.scenario),
    )
    _config(parser)
    parser.add_argument("--rulebook", type=Path, metavar="FILE", help="only this rulebook")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="only this scenario")


def _simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "simulate",
        "run a scenario and send its frames to a broker or a file",
        "gas-lifeline simulate examples/scenarios/demo.yaml --to out.ndjson --speed max --truth truth.ndjson",
        lambda o: run_simulate(o.scenario, o.to, o.truth, o.speed, o.seed),
    )
    parser.add_argument("scenario", type=Path)
    parser.add_argument(
        "--to", metavar="mqtt://HOST:PORT[/ROOT] | FILE.ndjson", help="(default: frames are only counted)"
    )
    parser.add_argument("--truth", type=Path, metavar="FILE", help="what really happened, as NDJSON")
    parser.add_argument("--speed", default="1", metavar="N|max", help="times real time (default: 1)")
    parser.add_argument("--seed", type=int, help="instead of the scenario's")


def _log(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands, "log", "the frame log: positions and lag of its readers", "gas-lifeline log status", admin.log_status
    )
    parser.add_argument("action", choices=["status"])
    _config(parser)


def _quarantine(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "quarantine",
        "what could not be understood, with its reason; decode it once more after a repair",
        "gas-lifeline quarantine list --limit 20",
        admin.quarantine,
    )
    parser.add_argument("action", choices=["list", "retry"])
    parser.add_argument("id", type=int, nargs="?", help="of the entry to retry")
    parser.add_argument("--limit", type=int, default=50)
    _config(parser)


def _user(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "user", "who may log in", "gas-lifeline user add wang --role operator", admin.user)
    parser.add_argument("action", choices=["add", "list", "disable"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--role", choices=admin.USER_ROLES, default="operator")
    parser.add_argument("--display-name", default="")
    _config(parser)


def _score(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "score",
        "how well alarms tell what really happened in a simulated run",
        "gas-lifeline score --truth truth.ndjson --alarms alarms.ndjson",
        lambda o: run_score(o.truth, o.alarms, as_json=o.json),
    )
    parser.add_argument(
        "--truth", type=Path, action="append", required=True, metavar="FILE", help="of a run; once for each run"
    )
    parser.add_argument(
        "--alarms", type=Path, action="append", required=True, metavar="FILE", help="raised in it, in the same order"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
