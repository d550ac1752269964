"""What happened when: events and faults as bars, each cut-off step by step."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from app.observer import Observer
from app.pictures.style import COLOURS, TimeAxis, new_figure, save, say
from simulator.events import Event, Fault, Leak, Regulation, Transport
from simulator.timetext import S_NS, instant_ns

_KINDS = (
    ((Leak, Regulation), COLOURS[1], ("泄漏与调压", "leak or regulator")),
    ((Fault,), COLOURS[4], ("设备故障", "fault of a device")),
    ((Transport,), COLOURS[3], ("传输", "transport")),
)
_OTHER = (COLOURS[5], ("其他", "other: weather, people, vapours"))
_MOST_ROWS, _TO_THE_LEFT = 40, 0.6


def draw_timeline(observer: Observer) -> Path | None:
    """Draw it; None for a scenario in which nothing happens."""
    truth, scenario = observer.world.truth, observer.world.scenario
    events = list(zip(truth.ids, scenario.events, strict=True))[:_MOST_ROWS]
    steps = [record for record in truth.records() if record["record"] == "linkage"]
    sites = list(dict.fromkeys(str(step["site"]) for step in steps))[:_MOST_ROWS]
    if not events and not sites:
        return None
    rows = [_label(observer, *event) for event in events] + [f"{say('联动', 'cut-off')} {site}" for site in sites]
    figure, axis = new_figure(11, 1.9 + 0.34 * len(rows)), TimeAxis(observer.duration_s)
    axes = figure.add_subplot()
    for row, (_, event) in enumerate(events):
        _draw_bar(axes, row, event, observer.duration_s, axis)
    for row, site in enumerate(sites, len(events)):
        _draw_steps(axes, row, [step for step in steps if step["site"] == site], observer, axis)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(say(scenario.name.zh, scenario.name.en))
    axis.label(axes)
    _legend(axes, [event for _, event in events])
    return save(figure, observer.folder / "timeline.png")


def _label(observer: Observer, event_id: str, event: Event) -> str:
    return f"{event_id}  ({' '.join(filter(None, _what_and_where(observer, event)))})"


def _what_and_where(observer: Observer, event: Event) -> tuple[str, str]:
    match event:
        case Fault(what=what, device=device):
            return what, device
        case Regulation(fault=fault, regulator=regulator):
            return fault, regulator
        case Leak(pipe=str(pipe)):
            return "leak", pipe
    return event.kind, next(iter(observer.whereabouts.sites_of(event)), "")


def _draw_bar(axes: Axes, row: int, event: Event, duration_s: float, axis: TimeAxis) -> None:
    begin_s = max(0.0, event.at / S_NS)
    end_s = min(duration_s, duration_s if event.end_ns is None else event.end_ns / S_NS)
    width = max((end_s - begin_s) / axis.unit_s, 0.004 * duration_s / axis.unit_s)
    axes.barh(row, width, left=begin_s / axis.unit_s, height=0.6, color=_colour(event))


def _colour(event: Event) -> str:
    return next((colour for kinds, colour, _ in _KINDS if isinstance(event, kinds)), _OTHER[0])


def _draw_steps(axes: Axes, row: int, steps: list[dict[str, object]], observer: Observer, axis: TimeAxis) -> None:
    """Mark the first step of a cut-off, and tell which followed within how many seconds."""
    times_s = [(instant_ns(str(step["time"])) - observer.world.start_ns) / S_NS for step in steps]
    at, right = max(0.0, times_s[0]) / axis.unit_s, times_s[0] > _TO_THE_LEFT * observer.duration_s
    said = " > ".join(dict.fromkeys(str(step["what"]).replace("_", " ") for step in steps))
    axes.plot([at], [row], "D", color="k", ms=6, clip_on=False)
    text = f"{said} ({times_s[-1] - times_s[0]:.1f} s)"
    side, gap = ("right", -8) if right else ("left", 8)
    axes.annotate(text, (at, row), (gap, 0), textcoords="offset points", ha=side, va="center", fontsize=8)


def _legend(axes: Axes, events: list[Event]) -> None:
    shown = {_colour(event) for event in events}
    kinds = [(colour, words) for _, colour, words in _KINDS] + [_OTHER]
    handles = [Patch(color=colour, label=say(*words)) for colour, words in kinds if colour in shown]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)
