"""What each command of `gas-lifeline` is asked with, and whom it calls."""

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path

from app.parser import Commands
from app.parser import add as _add
from app.parser import config as _config
from app.readers import READERS
from app.settings import EVERY_ROLE


def _demo(commands: Commands) -> None:
    from app.demo import DEMO_SCENARIO, DemoOptions, run_demo

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


def _serve(commands: Commands) -> None:
    from app.serve import run_serve

    example = "gas-lifeline serve --config config.toml --role ingest"
    parser = _add(commands, "serve", "the service", example, lambda o: run_serve(o.config, o.role))
    _config(parser)
    parser.add_argument(
        "--role", action="append", choices=EVERY_ROLE, help="only this role; may be given again (default: all)"
    )


def _check(commands: Commands) -> None:
    from app.check import run_check

    parser = _add(
        commands,
        "check",
        "validate configuration, rulebook, assets and scenario, and reach the servers",
        "gas-lifeline check --rulebook rulebook.toml",
        lambda o: run_check(o.config, o.rulebook, o.scenario),
    )
    _config(parser)
    parser.add_argument("--rulebook", type=Path, metavar="FILE", help="only this rulebook")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="only this scenario")


def _simulate(commands: Commands) -> None:
    from app.simulate import run_simulate

    parser = _add(
        commands,
        "simulate",
        "run a scenario and send its frames to a broker or a file",
        "gas-lifeline simulate examples/scenarios/demo.yaml --to out.ndjson --speed max --truth truth.ndjson",
        lambda o: run_simulate(o.scenario, o.to, o.truth, o.speed, o.seed, duration_s=o.duration, plot=o.plot),
    )
    parser.add_argument("scenario", type=Path)
    parser.add_argument(
        "--to", metavar="mqtt://HOST:PORT[/ROOT] | FILE.ndjson", help="(default: frames are only counted)"
    )
    parser.add_argument("--truth", type=Path, metavar="FILE", help="what really happened, as NDJSON")
    parser.add_argument("--speed", default="1", metavar="N|max", help="times real time (default: 1)")
    parser.add_argument("--seed", type=int, help="instead of the scenario's")
    parser.add_argument("--duration", type=float, metavar="S", help="simulated seconds, instead of the scenario's")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="draw network, pressures, concentrations and timeline")


def _backtest(commands: Commands) -> None:
    from app.backtest import run_backtest

    parser = _add(
        commands,
        "backtest",
        "the live detectors and alarm life cycle over recorded frames, without a database",
        "gas-lifeline backtest out.ndjson --assets examples/dali --out alarms.ndjson",
        lambda o: run_backtest(o.frames, o.assets, o.rulebook, o.out, o.against),
    )
    parser.add_argument("frames", type=Path, nargs="+", metavar="FRAMES.ndjson", help="recordings; read as one")
    parser.add_argument(
        "--assets", type=Path, default=Path("assets"), metavar="DIR", help="of the town that was recorded"
    )
    parser.add_argument("--rulebook", type=Path, default=Path("rulebook.toml"), metavar="FILE", help="to judge with")
    parser.add_argument("--against", type=Path, metavar="FILE", help="another rulebook: tell which alarms differ")
    parser.add_argument("--out", type=Path, required=True, metavar="ALARMS.ndjson", help="one alarm transition a line")


def _hydraulics(commands: Commands) -> None:
    from app.hydraulics import run_hydraulics
    from domain.network import Friction

    parser = _add(
        commands,
        "hydraulics",
        "steady pressures and flows of a gas network: network.json, pandapipes JSON, .m, or GasLib XML",
        "gas-lifeline hydraulics examples/dali/network.json --out solution --plot",
        lambda o: run_hydraulics(o.network, o.out, o.friction, plot=o.plot),
    )
    parser.add_argument("network", type=Path, metavar="NETWORK")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write nodes.csv and pipes.csv there")
    parser.add_argument("--plot", action="store_true", help="draw network.png there")
    parser.add_argument("--friction", choices=[str(law) for law in Friction], help="instead of the file's law")


def _coverage(commands: Commands) -> None:
    from app.coverage import run_coverage

    parser = _add(
        commands,
        "coverage",
        "the smallest leak that a town's pressure sensors, flow meters and manholes could see, section by section",
        "gas-lifeline coverage examples/dali/network.json --out seen --plot",
        lambda o: run_coverage(o.network, o.assets, o.rulebook, o.out, plot=o.plot),
    )
    parser.add_argument("network", type=Path, metavar="NETWORK")
    parser.add_argument("--assets", type=Path, metavar="DIR", help="of the town (default: the network's folder)")
    parser.add_argument("--rulebook", type=Path, default=Path("rulebook.toml"), metavar="FILE", help="numbers of it")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write coverage.csv there, a line for each section")
    parser.add_argument("--plot", action="store_true", help="draw coverage.png there")


def _log(commands: Commands) -> None:
    from app.admin import log

    parser = _add(
        commands,
        "log",
        "the frame log: positions and lag of its readers, what is missing; have a reader read again",
        "gas-lifeline log status\n  gas-lifeline log replay write --from 120000",
        log,
    )
    parser.add_argument("action", choices=["status", "replay"])
    parser.add_argument("reader", choices=READERS, nargs="?", help="that is set back; its role must be stopped")
    parser.add_argument("--from", type=int, dest="start", metavar="POSITION", help="first one to be read again")
    _config(parser)


def _quarantine(commands: Commands) -> None:
    from app.admin import quarantine

    parser = _add(
        commands,
        "quarantine",
        "what could not be understood, with its reason; decode it once more after a repair",
        "gas-lifeline quarantine list --limit 20",
        quarantine,
    )
    parser.add_argument("action", choices=["list", "retry"])
    parser.add_argument("id", type=int, nargs="?", help="of the entry to retry")
    parser.add_argument("--limit", type=int, default=50)
    _config(parser)


def _user(commands: Commands) -> None:
    from api.rights import Role
    from app.people import user

    parser = _add(commands, "user", "who may log in", "gas-lifeline user add wang --role operator", user)
    parser.add_argument("action", choices=["add", "list", "disable"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--role", choices=list(map(str, Role)), help="(default: operator)")
    parser.add_argument("--display-name", default="")
    parser.add_argument("--department", action="append", default=[], metavar="NAME", help="sees its hazards alone")
    parser.add_argument("--break-glass", action="store_true", help="for emergencies: each use raises an alarm")
    _scope(parser)
    _config(parser)


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--township", action="append", default=[], metavar="NAME", help="sees its sites alone")
    parser.add_argument("--site", action="append", default=[], metavar="ID", help="sees it; may be given again")


def _token(commands: Commands) -> None:
    from api.rights import Right, Role
    from api.tokens import MOST_DAYS
    from app.arguments import days
    from app.people import token

    example = "gas-lifeline token add scada --owner li --role operator --right ack --days 90"
    parser = _add(commands, "token", "what programs show instead of a login", example, token)
    parser.add_argument("action", choices=["add", "list", "revoke"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--owner", metavar="USER", help="account that answers for it")
    parser.add_argument("--role", choices=list(map(str, Role)), default="read_only", help="(default: read_only)")
    parser.add_argument("--right", action="append", default=[], choices=list(map(str, Right)), help="of the role's")
    parser.add_argument(
        "--days", type=days(MOST_DAYS), default=365, help=f"until it ends, at most {MOST_DAYS} (default: 365)"
    )
    _scope(parser)
    _config(parser)


def _notify(commands: Commands) -> None:
    from app.settings import load_settings
    from app.trial import run_trial

    what = "send one message, marked as a drill, by a channel and print what its provider answers"
    example = "gas-lifeline notify test aliyun_sms --to 13900000000"
    parser = _add(commands, "notify", what, example, lambda o: run_trial(load_settings(o.config), o.channel, o.to))
    parser.add_argument("action", choices=["test"])
    parser.add_argument("channel", help="one that has settings")
    parser.add_argument("--to", default="", metavar="ADDRESS", help="number, account or mail address there")
    _config(parser)


def _audit(commands: Commands) -> None:
    from app.people import audit

    what = "who did what: verify the chain of hashes, or export it as JSON lines"
    parser = _add(commands, "audit", what, "gas-lifeline audit verify", audit)
    parser.add_argument("action", choices=["verify", "export"])
    _config(parser)


def _valve(commands: Commands) -> None:
    from app.valve import valve

    example = "gas-lifeline valve close DL-CV-0001 --reason 'strong smell of gas'"
    parser = _add(commands, "valve", "close a cut-off valve, in two steps, and wait for its report", example, valve)
    parser.add_argument("action", choices=["close"])
    parser.add_argument("device", help="id of the valve")
    parser.add_argument("--reason", required=True, help="goes to the device and into the audit")
    _config(parser)


def _evidence(commands: Commands) -> None:
    from app.evidence import evidence

    what = "everything about an incident or alarm as one file, chained by hashes; verify such a file"
    example = (
        "gas-lifeline evidence export 9d22e3e5a875a8e6\n  gas-lifeline evidence verify evidence-9d22e3e5a875a8e6.zip"
    )
    parser = _add(commands, "evidence", what, example, evidence)
    parser.add_argument("action", choices=["export", "verify"])
    parser.add_argument("what", help="id of the incident or alarm, or the file to verify")
    parser.add_argument("--out", type=Path, metavar="FILE", help="(default: evidence-ID.zip)")
    _config(parser)


def _score(commands: Commands) -> None:
    from app.score import run_score

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


def _oncall(commands: Commands) -> None:
    from app.oncall import oncall

    example = (
        "gas-lifeline oncall import oncall.toml\n  gas-lifeline oncall calendar --days 7\n  gas-lifeline oncall reach"
    )
    what = "who is on duty: now, for some days; put a duty plan in force; test whether everybody is reached"
    parser = _add(commands, "oncall", what, example, oncall)
    parser.add_argument("action", choices=["now", "calendar", "import", "reach"])
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="oncall.toml to import")
    parser.add_argument("--days", type=float, default=7, help="of the calendar (default: 7)")
    parser.add_argument("--minutes", type=float, default=10, help="that reach waits for answers (default: 10)")
    parser.add_argument("--language", choices=["zh", "en"], default="zh", help="of the table (default: zh)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _config(parser)


def _kpi(commands: Commands) -> None:
    from app.arguments import days
    from app.kpi import kpi

    example = "gas-lifeline kpi --days 7 --language en"
    parser = _add(commands, "kpi", "how few, true and quickly answered the alarms of the last days were", example, kpi)
    parser.add_argument("--days", type=days(31), default=1, metavar="N", help="1 to 31 (default: 1)")
    parser.add_argument("--site", metavar="ID", help="of this site alone")
    parser.add_argument("--language", choices=["zh", "en"], default="zh", help="of the table (default: zh)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _config(parser)


def _screen(commands: Commands) -> None:
    from app.arguments import rows
    from app.screen import listed, run_screen
    from detectors.screening import DEFAULT

    example = f"gas-lifeline screen series.csv --detector {DEFAULT} --columns ch4_ppm --out verdicts.csv"
    parser = _add(
        commands,
        "screen",
        "one detector over any CSV file: first column time, the rest numbers; bring your own data",
        f"{example}\n\ndetectors, with the numbers that --set changes:\n{listed()}",
        lambda o: run_screen(o.series, o.detector, o.set, o.columns, o.train_rows, o.out),
    )
    parser.add_argument("series", type=Path, metavar="SERIES.csv", help="separated by commas or semicolons")
    parser.add_argument("--detector", default=DEFAULT, metavar="NAME", help=f"see below (default: {DEFAULT})")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="instead of its default")
    parser.add_argument("--columns", type=lambda text: text.split(","), metavar="A,B", help="(default: all)")
    parser.add_argument("--train-rows", type=rows, default=0, metavar="N", help="at the beginning that only teach")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="for each row: time,score,alarm")


def _db(commands: Commands) -> None:
    from app.backup import db

    what = (
        "copy log, records and embedded series while the service runs; verify such a copy, put it back; upgrade tables"
    )
    example = "gas-lifeline db backup /backup/2026-01-15\n  gas-lifeline db upgrade"
    parser = _add(commands, "db", what, example, db)
    parser.add_argument("action", choices=["upgrade", "backup", "verify", "restore"])
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="of the copy")
    parser.add_argument("--after", type=Path, metavar="DIR", help="backup: of the log only what this one lacks")
    _config(parser)


def _module(name: str) -> Callable[[Commands], None]:
    """Ask as the module of a command's name says."""

    def add(commands: Commands) -> None:
        module = importlib.import_module(f"app.{name}")
        module.arguments(_add(commands, name, module.WHAT, module.EXAMPLE, getattr(module, name)))

    return add


COMMANDS: dict[str, Callable[[Commands], None]] = {
    "demo": _demo,
    "serve": _serve,
    "check": _check,
    "simulate": _simulate,
    "backtest": _backtest,
    "hydraulics": _hydraulics,
    "coverage": _coverage,
    "log": _log,
    "quarantine": _quarantine,
    "user": _user,
    "token": _token,
    "audit": _audit,
    "valve": _valve,
    "evidence": _evidence,
    "score": _score,
    "notify": _notify,
    "oncall": _oncall,
    "kpi": _kpi,
    "silenced": _module("silenced"),
    "ledger": _module("ledger"),
    "report": _module("report"),
    "screen": _screen,
    "influx": _module("influx"),
    "db": _db,
    "device": _module("device"),
    "grafana": _module("grafana"),
    "city": _module("city"),
}
"""Each imports what it alone needs: a role that starts again after a crash must not wait for solvers and plots."""
