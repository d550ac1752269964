"""How the platforms of the city stand: what waits for them, what they refused."""

from fastapi import APIRouter

from api import models
from api.people import Here
from api.times import rfc3339

router = APIRouter(tags=["city"])


class CityOut(models.Out):
    """One platform.

    Attributes:
        waiting: records that are still to be sent.
        dead: records that it refused for good.
        oldest: since when the oldest one waits.
        accepted: when it last took one.
        trouble: its last answer while it takes nothing.
    """

    target: str
    waiting: int
    dead: int
    oldest: str | None
    accepted: str | None
    trouble: str


@router.get("/city")
def city(here: Here) -> models.Page[CityOut]:
    """List the platforms that the connector has sent to, or has something for."""
    found = here.services.records.backlogs()
    return models.Page(
        items=[
            CityOut(
                target=name,
                waiting=one.waiting,
                dead=one.dead,
                oldest=rfc3339(one.oldest_ns) if one.oldest_ns else None,
                accepted=rfc3339(one.accepted_ns) if one.accepted_ns else None,
                trouble=one.trouble,
            )
            for name, one in found.items()
        ]
    )
