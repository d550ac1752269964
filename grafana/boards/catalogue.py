"""All dashboards. A further one is a file, and a line here."""

from collections.abc import Callable, Sequence

import msgspec

from grafana.boards.diagnostics import diagnostics
from grafana.boards.district import district
from grafana.boards.overview import overview
from grafana.boards.performance import performance
from grafana.boards.site import site
from grafana.build.dashboard import Dashboard, Plan

BOARDS: Sequence[Callable[[Plan], Dashboard]] = (overview, district, site, diagnostics, performance)


def build(plan: Plan) -> dict[str, str]:
    """Give the text of each dashboard by the name of its file."""
    boards = [board(plan) for board in BOARDS]
    return {f"{one.uid}.json": written(one.json(plan, boards)) for one in boards}


def written(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
