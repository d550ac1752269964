"""The nouns of a scenario file: times, weather, gas, rooms, spaces and sensors."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from domain.alarm import AlarmKind
from domain.asset import Gas
from simulator.gas_sensors import Principle
from simulator.gases import Mixture, lpg, natural_gas
from simulator.soil import Cover
from simulator.timetext import DURATION_HINT, S_NS, duration_ns, instant_ns

WARM_START_NS = -3600 * S_NS
"""How far before the start an event may begin."""


def _duration(value: object) -> object:
    if isinstance(value, str):
        return duration_ns(value)
    if isinstance(value, int):
        raise ValueError(f"{DURATION_HINT} (YAML reads an unquoted 12:00 as the number 720)")  # noqa: TRY004 - pydantic
    return value


def _instant(value: object) -> object:
    if isinstance(value, str):
        return instant_ns(value)
    raise ValueError("expected a time in quotes, such as '2026-01-15T12:00:00+08:00'")


Duration = Annotated[int, BeforeValidator(_duration)]
Lasting = Annotated[int, BeforeValidator(_duration), Field(gt=0)]
Onset = Annotated[int, BeforeValidator(_duration), Field(ge=WARM_START_NS)]
Instant = Annotated[int, BeforeValidator(_instant)]
Kind = Annotated[AlarmKind, Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Takes what it knows and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


class Name(Strict):
    """In both languages."""

    zh: str
    en: str


class DailyTemperature(Strict):
    """A sine over the day, and what differs from it by chance."""

    mean: float = Field(default=9.0, ge=-40, le=45)
    amplitude: float = Field(default=6.0, ge=0, le=20)
    peak_hour: float = Field(default=15.0, ge=0, lt=24)
    noise: float = Field(default=0.0, ge=0, le=10)


class FrontEntry(Strict):
    """Air pressure that changes for good."""

    at: Onset
    change_kpa: float = Field(ge=-5, le=5)
    over: Lasting


class Ambient(Strict):
    """What surrounds the town; the defaults are Dali's in January."""

    pressure_kpa: float = Field(default=79.7, ge=50, le=110)
    pressure_wave_kpa: float = Field(default=0.1, ge=0, le=1)
    temperature_c: DailyTemperature = DailyTemperature()
    humidity_pct: float = Field(default=60.0, ge=0, le=100)
    humidity_noise_pct: float = Field(default=0.0, ge=0, le=30)
    front: list[FrontEntry] = []
    utc_offset_h: float = Field(default=8.0, ge=-12, le=14)


class Supply(Strict):
    """Which gas flows. Detectors stay calibrated on pure methane and on 70/30 LPG, so a strange gas reads wrong.

    Attributes:
        ethane_share: of natural gas; biogas has none.
        propane_share: of the hydrocarbons of LPG.
        dimethyl_ether_share: of LPG, mixed in against the law.
    """

    ethane_share: float = Field(default=0.0, ge=0, le=0.2)
    propane_share: Share = 0.7
    dimethyl_ether_share: float = Field(default=0.0, ge=0, le=0.6)

    def mixtures(self) -> Mapping[Gas, Mixture]:
        return {
            Gas.NATURAL: natural_gas(self.ethane_share),
            Gas.LPG: lpg(self.propane_share, self.dimethyl_ether_share),
        }


class Room(Strict):
    """A site's enclosed space and its linkage.

    Attributes:
        volume_m3: the larger, the slower gas gathers.
        air_changes_h: infiltration.
        fan_air_changes_h: more, while the fan turns.
        supply_kpa: gauge pressure behind the cut-off valve; None for the usual one of its gas.
        initial_pct_lel: true concentration at the start of the simulation.
        threshold_pct_lel: of the local controller.
        confirm: how long it waits at its threshold.
        valve_travel: from open to closed.
        feedback_delay: until the limit switch of the valve tells its position.
    """

    volume_m3: float = Field(default=60.0, gt=0, le=100_000)
    air_changes_h: float = Field(default=2.0, ge=0, le=100)
    fan_air_changes_h: float = Field(default=12.0, ge=0, le=100)
    supply_kpa: float | None = Field(default=None, gt=0, le=400)
    initial_pct_lel: float = Field(default=0.0, ge=0, le=1000)
    threshold_pct_lel: float = Field(default=25.0, gt=0, le=50)
    confirm: Lasting = S_NS
    valve_travel: Lasting = 1_500_000_000
    feedback_delay: Annotated[int, BeforeValidator(_duration), Field(ge=0)] = 0


class Biogas(Strict):
    """Methane out of the mud of a manhole."""

    source_m3_s: float = Field(default=1.5e-7, ge=0, le=1e-3)
    q10: float = Field(default=2.2, ge=1, le=5)


class Soil(Strict):
    """The ground between a pipe and a space.

    Attributes:
        gain: share of the leak that arrives in the end; None for a guess by distance and cover.
    """

    pipe: str
    distance_m: float = Field(gt=0, le=50)
    cover: Cover = Field(default=Cover.ASPHALT, strict=False)
    porosity: float = Field(default=0.40, gt=0, lt=1)
    water: float = Field(default=0.15, ge=0, lt=1)
    gain: Share | None = None

    @model_validator(mode="after")
    def _has_air(self) -> "Soil":
        if self.water >= self.porosity:
            raise ValueError(f"water {self.water:g} leaves no air in porosity {self.porosity:g}")
        return self


class SpaceEntry(Strict):
    """One space in detail. The first of a site takes the place of the site's usual room.

    Attributes:
        site: of the registry; the space's own name where it is missing.
        layers: 2 where gas gathers under the ceiling or on the floor.
        upper_share: of the volume, that the upper layer has.
        exchange_m3h: between its two layers.
        fan_draws: the layer from which the fan draws.
        initial_pct_lel: true concentration at the start of the simulation.
        biogas: only for a manhole.
        soil: the way that gas of a pipe takes into it.
    """

    id: str
    site: str = ""
    volume_m3: float = Field(gt=0, le=100_000)
    layers: Literal[1, 2] = 1
    upper_share: float = Field(default=0.3, gt=0, lt=1)
    exchange_m3h: float = Field(default=20.0, ge=0, le=1e6)
    air_changes_h: float = Field(default=0.5, ge=0, le=100)
    fan_air_changes_h: float = Field(default=0.0, ge=0, le=100)
    fan_draws: Literal["upper", "lower"] = "upper"
    initial_pct_lel: float = Field(default=0.0, ge=0, le=1000)
    biogas: Biogas | None = None
    soil: Soil | None = None


class LinkEntry(Strict):
    """A door or a gap between two spaces, through which as much air goes one way as the other."""

    id: str
    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    flow_m3h: float = Field(ge=0, le=1e6)


class GatewayEntry(Strict):
    """A gateway that sends the readings of all devices, many in one message."""

    device: str
    batch: int = Field(default=50, ge=1, le=200)


class SensorChoice(Strict):
    """What differs from the usual sensor of a device that measures.

    Attributes:
        kind: how a gas sensor works.
        at: where a gas sensor hangs: a space, or one of its layers (`kitchen.upper`).
        period_s: between samples, instead of the registry's.
        upload_s: between messages; the samples between are stored and sent together, at most 600.
        delay_s: before the truth reaches the sensor at all.
        freedom: of Student's t, whose outliers are wild; 0 for Gaussian noise.
        walk_per_day: standard deviation of the drift that a day adds.
        latches: whether a reading at the end of the scale stays there until calibration.
        filtered: whether a filter keeps alcohol off.
    """

    kind: Principle | None = Field(default=None, strict=False)
    at: str | None = None
    period_s: float | None = Field(default=None, ge=0.1, le=86_400)
    upload_s: float | None = Field(default=None, ge=0.1, le=604_800)
    t90_s: float | None = Field(default=None, gt=0, le=600)
    delay_s: float = Field(default=0.0, ge=0, le=600)
    offset: float | None = Field(default=None, ge=-1000, le=1000)
    noise: float | None = Field(default=None, ge=0, le=1000)
    freedom: float = Field(default=0.0, ge=0, le=100)
    walk_per_day: float = Field(default=0.0, ge=0, le=1000)
    latches: bool = False
    filtered: bool = False
    drop_share: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _has_a_variance(self) -> "SensorChoice":
        if 0 < self.freedom <= 2:  # noqa: PLR2004 - Student's t has a variance above 2 alone
            raise ValueError("freedom must be above 2, or 0 for Gaussian noise")
        return self


class NetworkEntry(Strict):
    """Pipes, regulators and valves that feed the town.

    Attributes:
        file: any format that `gas-lifeline hydraulics` reads, relative to the scenario's own folder.
    """

    file: str


class DemandEntry(Strict):
    """How customers draw from the network.

    Attributes:
        flat: at every hour what the network's file says, instead of a day with three meals.
        by_chance: appliances come and go; else the mean alone.
        per_degree: how much more is drawn for each degree below 15 °C.
    """

    flat: bool = False
    by_chance: bool = True
    per_degree: float = Field(default=0.02, ge=0, le=0.2)
