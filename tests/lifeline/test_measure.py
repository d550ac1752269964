from pathlib import Path
from typing import Any

import msgspec

from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.measure import Measurer, Numbers
from store.series import Latest
from tests.blank import blank_records
from tests.lifeline.support import START_NS, S, canon


class Series:
    """The newest samples of G1."""

    def __init__(self) -> None:
        self.found = {Quantity.GAS_PCT_LEL: Latest(START_NS, 3.2, Quality.GOOD, late=False)}

    def latest(self, device: str) -> dict[Quantity, Latest]:
        other = Latest(START_NS, 1.0, Quality.GOOD, late=False)
        return self.found if device == "G1" else {Quantity.BATTERY_V: other, Quantity.VALVE_OPEN: other}


def test_each_new_sample_goes_out_once_and_none_while_much_waits(tmp_path: Path) -> None:
    records, series, now_ns = blank_records(tmp_path / "records.db"), Series(), [START_NS]
    numbers = Numbers(60 * S, most=2)
    clocks: Any = {
        "clock_ns": lambda: now_ns[0],
        "steady_ns": lambda: now_ns[0],
        "wants": lambda said: said.metric == "gas_pct_lel",
    }
    measurer = Measurer(records, series, "t", canon(), numbers=numbers, **clocks)
    told = []
    for after_s in (0, 30, 60, 120, 180):
        now_ns[0] = START_NS + after_s * S
        told.append(measurer.work())
        if after_s == 60:
            series.found = {Quantity.GAS_PCT_LEL: Latest(START_NS + 60 * S, 4.0, Quality.UNCERTAIN, late=True)}
        if after_s == 120:
            series.found = {Quantity.GAS_PCT_LEL: Latest(START_NS + 120 * S, 5.0, Quality.GOOD, late=False)}
    assert told == [1, 0, 0, 1, 0]
    bodies = [msgspec.json.decode(p.body) for p in records.lease_parcels("t", now_ns[0], S, {"reading": 9})]
    assert [(b["value"], b["quality"], b["recv_time"]) for b in bodies] == [(3.2, "good", ""), (4.0, "invalid", "")]
