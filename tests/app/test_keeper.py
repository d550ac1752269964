"""The ledger is kept beside role `audit`, and goes on when the records were away."""

import threading
from collections.abc import Callable
from pathlib import Path

from app.roles.ledger import run_keeper
from app.settings import CanarySettings, load_settings
from app.wiring import Wiring
from domain.errors import StoreUnavailable
from domain.hazard import HazardQuery
from tests.app.support import wait_for
from tests.app.test_ledger import config

__all__ = ["config"]


class Keeper:
    """Fails first, has more to do then, and is told to stop at its third pass."""

    def __init__(self) -> None:
        self.passes, self.stop = 0, threading.Event()

    def work(self, now_ns: int, over: Callable[[], bool]) -> bool:
        assert (now_ns, over()) == (7, False)
        self.passes += 1
        if self.passes == 1:
            raise StoreUnavailable("away")
        if self.passes == 3:
            self.stop.set()
        return True


def test_goes_on_after_the_records_were_away_and_without_a_pause_while_there_is_more() -> None:
    keeper = Keeper()
    run_keeper(keeper, lambda: 7, keeper.stop, idle_s=0.01)
    assert keeper.passes == 3


def test_what_the_registry_lacks_is_in_the_ledger_soon_after_the_auditor_begins(config: str, tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "zones.csv").write_text("id,name,name_en\nZ,z,z\n", encoding="utf-8")
    sites = "id,name,name_en,type,zone,district,lon,lat,responsible\nS1,s,s,school,Z,D,100,25,校长\n"
    (assets / "sites.csv").write_text(sites, encoding="utf-8")
    (assets / "devices.csv").write_text("id,kind,site\nV1,cutoff_valve,S1\n", encoding="utf-8")
    settings = load_settings(Path(config)).model_copy(
        update={"assets": assets, "canary": CanarySettings(enabled=False)}
    )
    wiring, stop = Wiring(settings), threading.Event()
    auditor = threading.Thread(target=wiring.roles(["audit"])["audit"], args=(stop,))
    auditor.start()
    records = wiring.records()
    try:
        wait_for(lambda: records.hazards(HazardQuery()))
    finally:
        stop.set()
        auditor.join()
    (row,) = records.hazards(HazardQuery())
    assert (row.finding, row.responsible, row.co) == ("no_detector", "校长", ("商务", "教体"))
    records.close()
