"""InfluxQL of the panels. Names are the writer's own, and every identifier is quoted: some are keywords elsewhere."""

from domain.asset import DeviceKind, Tier
from domain.quantity import Quantity
from domain.rollup import NAMES
from store import alarm_line
from store.influx_rolled import measurement
from store.influxql import KINDS

DISTRICT = '"district" =~ /^${district:regex}$/'
SITE = '"site" =~ /^${site:regex}$/'
DEVICE = '"device" =~ /^${device:regex}$/'
PLACE = (DISTRICT, SITE)
CHOSEN = (DISTRICT, SITE, DEVICE)
EVERY = KINDS
"""The points of all devices."""
PIPELINE = '"pipeline"'
"""Points of our own health."""
EVENTS, STANDING, COUNTS, SITES = (
    f'"{name}"' for name in (alarm_line.EVENT, alarm_line.ACTIVE, alarm_line.COUNT, alarm_line.SITE)
)
OUTBOX, CALIBRATION = f'"{alarm_line.OUTBOX}"', f'"{alarm_line.CALIBRATION}"'
CALLED = "\"event\" = 'annunciate'"
"""An alarm asked for a person: one of the many lines that its life has."""


LAST_MINUTE = "time > now() - 1m"
"""Instead of `$timeFilter`, for what stands now beside what is older; Grafana's panel has one time for all."""


def points(kind: DeviceKind) -> str:
    return f'"{kind}"'


def rolled(step_ns: int, quantity: Quantity) -> str:
    """Name the roll-ups of a quantity, in their own bucket.

    Example:
        >>> rolled(3_600_000_000_000, Quantity.PRESSURE_KPA)
        '"${bucket:raw}_1h".."rollup_1h_pressure_kpa"'
    """
    return f'"${{bucket:raw}}_{NAMES[step_ns]}".."{measurement(step_ns, quantity)}"'


def of_tier(tier: Tier) -> str:
    """Give the condition for the sensors of a pressure class, which is no tag: the registry knows them."""
    return device_in(f"tier_{tier}")


def device_in(constant: str) -> str:
    return f'"device" =~ /^${{{constant}:raw}}$/'


def select(what: str, source: str, *where: str, by: str = "") -> str:
    r"""Ask for the time that the dashboard shows.

    Example:
        >>> select('max("gas_pct_lel")', '"gas_detector"', '"district" = \'D\'', by='"device"')
        'SELECT max("gas_pct_lel") FROM "gas_detector" WHERE $timeFilter AND "district" = \'D\' GROUP BY "device"'
    """
    conditions = " AND ".join(["$timeFilter", *where])
    query = f"SELECT {what} FROM {source} WHERE {conditions}"  # noqa: S608 - names of ours
    return query + (f" GROUP BY {by}" if by else "")


def within(inner: str, what: str, where: str = "") -> str:
    """Ask for something of the answer to another question."""
    return f"SELECT {what} FROM ({inner})" + (f" WHERE {where}" if where else "")  # noqa: S608 - names of ours


def listed(inner: str, *columns: str) -> str:
    """Ask for columns by name, of which some are tags: those of GROUP BY come to a table in another order each time."""
    return within(inner, ", ".join(f'"{name}"' for name in columns))


def over_time(what: str, source: str, *where: str, by: str = '"device"', step: str = "$__interval") -> str:
    """Ask for a value for each step of time that has one."""
    tags = f", {by}" if by else ""
    return f"{select(what, source, *where, by=f'time({step}){tags}')} fill(none)"


def values_of(tag: str, *where: str) -> str:
    r"""Ask for the values of a tag, for a variable.

    Example:
        >>> values_of("site", '"district" = \'D\'').split("/")[-1]
        ' WITH KEY = "site" WHERE "district" = \'D\''
    """
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    return f'SHOW TAG VALUES FROM {EVERY} WITH KEY = "{tag}"{condition}'
