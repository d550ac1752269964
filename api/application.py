"""Puts the API together: `create_app(services)`."""

import asyncio
import contextlib
import functools
import mimetypes
import time
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from api import documents, problems
from api.answers import Mailbox
from api.board import Board
from api.duties import Plans
from api.headers import Guard
from api.hub import Hub
from api.live import Live
from api.people import Desks, logged_in
from api.readings import Readings
from api.routes import (
    alarms,
    answers,
    assets,
    audit,
    canary,
    city,
    data,
    deliveries,
    grafana,
    handover,
    hazards,
    health,
    inbound,
    incidents,
    inspections,
    kpi,
    login,
    maintenance,
    metrics,
    oidc,
    oncall,
    push,
    receipts,
    reports,
    series,
    share,
    shown,
    stream,
    tokens,
    users,
    valves,
)
from api.services import Services
from api.tries import Tries
from api.views import Views

PREFIX = "/api/v1"
STATIC = Path(__file__).parent / "static"
_READING = (
    *(alarms, assets, canary, data, incidents, kpi, oncall, series, stream),
    *(users, tokens, audit, valves, maintenance, handover, city),
    *(hazards, inspections, reports, share, shown, deliveries, grafana),
)
_TRIES, _VISITS, _WINDOW_S = 5, 60, 60.0


def create_app(services: Services) -> FastAPI:
    """Build the application; its poller runs from start-up to shut-down.

    Serve it with a short graceful shutdown (3 s): a live stream has no end of its own.
    """
    desks = _desks(services)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        poller = asyncio.create_task(desks.hub.run())
        yield
        poller.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await poller

    app = FastAPI(
        title="Gas Lifeline",
        version=services.version,
        openapi_url="/api/openapi.json",
        docs_url=None,  # their pages load scripts from other hosts
        redoc_url=None,
        lifespan=lifespan,
        routes=_routes(),
    )
    app.state.desks = desks
    app.add_middleware(Guard)
    problems.install(app)
    documents.describe(app)
    return app


def _desks(services: Services) -> Desks:
    board = Board(services)
    views = Views(services, board)
    live = Live(services, board, views)
    plans = Plans()
    return Desks(
        services=services,
        tries=Tries(_TRIES, _WINDOW_S, time.monotonic),
        visits=Tries(_VISITS, _WINDOW_S, time.monotonic),
        plans=plans,
        mailbox=Mailbox(services, plans),
        board=board,
        views=views,
        live=live,
        hub=Hub(board, live, Readings(services)),
    )


@functools.cache  # what each takes and gives is worked out at its first request, and no application changes it
def _routes() -> list[BaseRoute]:
    root = APIRouter()
    for router in (health.router, metrics.router):
        root.include_router(router)
        root.include_router(router, prefix=PREFIX)
    for router in (login.router, receipts.router, push.router, inbound.router):
        root.include_router(router, prefix=PREFIX)
    for module in _READING:
        root.include_router(module.router, prefix=PREFIX, dependencies=[Depends(logged_in)])
    root.include_router(oidc.router)
    for prefix in ("", PREFIX):
        root.include_router(answers.router, prefix=prefix)
    _add_pages(root)
    return root.routes


def _add_pages(root: APIRouter) -> None:
    mimetypes.add_type("text/javascript", ".js")  # some machines map it to text/plain, which nosniff then refuses
    root.mount("/static", StaticFiles(directory=STATIC), name="static")

    @root.get("/", include_in_schema=False)
    async def console() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @root.get("/login", include_in_schema=False)
    async def login_page() -> FileResponse:
        return FileResponse(STATIC / "login.html")

    @root.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> FileResponse:
        return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")
