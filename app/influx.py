"""`gas-lifeline influx`: make the buckets; compare the log with what is stored; export and import."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from api.times import parse, to_ns
from app.clock import now_ns
from app.configuration import ONE_WORD, read_text
from app.holes import Compared, blind, compare, limits
from app.influx_copy import export, put_back
from app.settings import Settings, load_settings
from app.stores import open_influx
from app.supervisor import only_one
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.rollup import HOUR_NS, MINUTE_NS, NAMES
from store.buckets import FOREVER_S, Buckets, Standing, open_buckets

WHAT = "InfluxDB: make the buckets; compare the log with what is stored, and fill holes; copy a time, and put it back"
_DAY = "2026-01-15T00:00+08:00 2026-01-16T00:00+08:00"
EXAMPLE = f"""\
gas-lifeline influx init
  gas-lifeline influx verify {_DAY}
  gas-lifeline influx export {_DAY} --file day.lp.gz"""
_DAY_S = 86_400
_PASSWORD_BYTES = range(8, 73)
"""Of a user of 2.x: it refuses others, when the user of before is gone already."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["init", "verify", "export", "import"])
    parser.add_argument("start", type=moment, nargs="?", metavar="FROM", help="of arrivals (verify) or points (export)")
    parser.add_argument("end", type=moment, nargs="?", metavar="TO", help="until before this one")
    parser.add_argument("--repair", action="store_true", help="store what is missing; role write must be stopped")
    parser.add_argument("--shrink", action="store_true", help="a bucket may keep less than before: that drops points")
    parser.add_argument("--file", type=Path, metavar="FILE", help="export, import: line protocol, gzip")
    parser.add_argument("--reader-file", type=Path, metavar="FILE", help="init: USER:PASSWORD, who may read, no more")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def influx(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    if options.action == "verify":
        return _verify(settings, options)
    if settings.series.kind != "influx":
        raise ConfigurationError('influx: series.kind is "embedded"; expected "influx" (`db backup` copies those)')
    return _init(settings, options) if options.action == "init" else _copy(settings, options)


def _copy(settings: Settings, options: argparse.Namespace) -> int:
    """Export a time, or import what was; 1 where something was refused."""
    file: Path | None = options.file
    if file is None:
        raise ConfigurationError(f"influx {options.action}: which file? Give --file, such as gas.lp.gz")
    refused: list[str] = []
    with closing(open_influx(settings)) as series:
        if options.action == "export":
            counts = export(series, *_time(options), file)
        else:
            counts, refused = put_back(series, file)
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{file}: {told or 'nothing'}" + (f"; refused {len(refused)}, such as {refused[0]}" if refused else ""))  # noqa: T201
    return 1 if refused else 0


def _time(options: argparse.Namespace) -> tuple[int, int]:
    if options.start is None or options.end is None or options.start >= options.end:
        raise ConfigurationError(
            f"influx {options.action}: which time? Give two, such as 2026-01-15T12:00:00+08:00, the older first"
        )
    return options.start, options.end


def _init(settings: Settings, options: argparse.Namespace) -> int:
    chosen = settings.series
    token = read_text(chosen.token_file, ONE_WORD).strip() if chosen.token_file else ""
    with open_buckets(chosen.url, api=chosen.api, token=token, org=chosen.org) as buckets:
        for line in init(settings, buckets, shrink=options.shrink):
            print(line)  # noqa: T201 - the command's answer
        if options.reader_file:
            user, password = _reader(options.reader_file, chosen.api)
            buckets.let_read(
                user, password, {name: one.id for name in _wanted(settings) if (one := buckets.find(name))}
            )
            print(f"reader  {user} may read them, and no more")  # noqa: T201 - the command's answer
    return 0


def _reader(file: Path, api: str) -> tuple[str, str]:
    user, _, password = read_text(file, ONE_WORD).strip().partition(":")
    if not (user and password):
        raise ConfigurationError(f"{file}: no user and password; expected one line such as grafana:SECRET")
    if api == "v2" and len(password.encode()) not in _PASSWORD_BYTES:
        raise ConfigurationError(f"{file}: a password of {len(password.encode())} bytes; InfluxDB 2.x takes 8 to 72")
    return user, password


def init(settings: Settings, buckets: Buckets, *, shrink: bool = False) -> list[str]:
    """Make the buckets of points and roll-ups, or have them keep as long as the settings say; tell what was done.

    Args:
        settings: of the installation.
        buckets: of the server.
        shrink: whether a bucket may keep less than before, which drops points.

    Raises:
        ConfigurationError: one would, and may not; then nothing was changed.
    """
    wanted = _wanted(settings)
    standing = {name: buckets.find(name) for name in wanted}
    shorter = [
        f"influx init: {name} is kept {_words(found.keep_s)}, and {setting} says {_words(keep_s)}, which drops points; "
        "expected --shrink, or a longer time"
        for name, (setting, keep_s) in wanted.items()
        if (found := standing[name]) is not None and _length(keep_s) < _length(found.keep_s)
    ]
    if shorter and not shrink:
        raise ConfigurationError(*shorter)
    return [_put(buckets, name, standing[name], keep_s) for name, (_, keep_s) in wanted.items()]


def _verify(settings: Settings, options: argparse.Namespace) -> int:
    start, end = _time(options)
    wiring = Wiring(settings)
    log, kept_ns = wiring.log(), now_ns() - wiring.keep().series_ns
    with _alone(settings) if options.repair else nullcontext(), closing(wiring.series()) as series:
        notes = [*limits(log, series.cursor(), start, end)]
        found = compare(log, series, start, end, repair=options.repair, kept_ns=kept_ns)
    unseen = blind(log, start)
    for line in (*told(found, repaired=options.repair), *notes, *filter(None, [unseen])):
        print(line)  # noqa: T201 - the command's answer
    return 1 if unseen or found.refused or ((found.missing or found.rolled) and not options.repair) else 0


def told(found: Compared, *, repaired: bool) -> list[str]:
    """Give a line for each device that something is missing of, and one for all."""
    devices = [
        f"{device}: log {found.logged[device]} samples, series {found.logged[device] - count}"
        + (f"; the database refuses {found.refused[device]}" if found.refused[device] else "")
        for device, count in sorted(found.missing.items())
    ]
    devices += [
        f"{device}: {n} roll-ups are not what its points amount to" for device, n in sorted(found.rolled.items())
    ]
    missing, refused, rolled = found.missing.total(), found.refused.total(), found.rolled.total()
    end = f", {missing - refused} stored now" if repaired else ""
    told_of_rolled = [f"{rolled} roll-ups are marked: role write makes them anew"] if repaired and rolled else []
    return [*devices, f"{found.logged.total()} samples in the log, {missing} missing{end}", *told_of_rolled]


def moment(text: str) -> int:
    """Read a time of the command line."""
    try:
        return to_ns(parse(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    try:
        lock = only_one(settings.data, "write")
    except ConfigurationError:
        raise ConfigurationError(f"influx verify: role write runs on {settings.data}; stop it to repair") from None
    with lock:
        yield


def _wanted(settings: Settings) -> dict[str, tuple[str, int]]:
    """Give setting and seconds by the name of a bucket."""
    series = settings.series
    days = {
        series.bucket: ("series.keep_d", series.keep_d),
        f"{series.bucket}_{NAMES[MINUTE_NS]}": ("series.minutes_keep_d", series.minutes_keep_d),
        f"{series.bucket}_{NAMES[HOUR_NS]}": ("series.hours_keep_d", series.hours_keep_d),
    }
    return {name: (setting, round(keep_d * _DAY_S)) for name, (setting, keep_d) in days.items()}


def _put(buckets: Buckets, name: str, standing: Standing | None, keep_s: int) -> str:
    if standing is None:
        buckets.make(name, keep_s)
        return f"made    {name}, kept {_words(keep_s)}"
    if standing.keep_s == keep_s:
        return f"stands  {name}, kept {_words(keep_s)}"
    buckets.keep(name, standing.id, keep_s)
    return f"changed {name}, kept {_words(keep_s)} instead of {_words(standing.keep_s)}"


def _length(keep_s: int) -> float:
    return float("inf") if keep_s == FOREVER_S else keep_s


def _words(keep_s: int) -> str:
    return "for ever" if keep_s == FOREVER_S else f"{keep_s / _DAY_S:g} d"
