"""Whether test alarms come through, and how long they take."""

from fastapi import APIRouter

from api import models
from api.people import Here
from api.times import rfc3339

router = APIRouter(tags=["health"])


class CanaryOut(models.Out):
    """The newest test alarm that came through."""

    sent: str
    arrived: str
    took_s: float


@router.get("/canary")
def canary(here: Here) -> models.Page[CanaryOut]:
    """Give when the newest test alarm came through, from the broker to the sender; none where none is sent."""
    found = here.services.pipeline().canary
    if found is None:
        return models.Page(items=[])
    sent_ns, arrived_ns = found
    return models.Page(
        items=[CanaryOut(sent=rfc3339(sent_ns), arrived=rfc3339(arrived_ns), took_s=(arrived_ns - sent_ns) / 1e9)]
    )
