"""Where Grafana's dead-man rules tell us that it sees nothing new of us: its webhook, with a token of ours."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api import models
from api.people import Here, Outsider

router = APIRouter(tags=["grafana"])
_LABEL = "deadman"
SIGNS = frozenset({"samples", "counts", "pipeline"})
"""What the rules of `grafana/provisioning/alerting` look at. No other alert of a Grafana becomes an alarm of ours."""


class Alert(BaseModel):
    """One alert of the webhook; what else Grafana sends of it is not read."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    fingerprint: str = Field(min_length=1, max_length=64)


class Webhook(BaseModel):
    """What Grafana posts: the alerts of a group, those that last and those that are over since it told last."""

    alerts: Annotated[list[Alert], Field(max_length=100)]


class Taken(models.Out):
    """How many alerts were ours, and how many were not."""

    taken: int
    ignored: int


@router.post("/grafana/alerts")
def alerts(told: Webhook, here: Here, person: Outsider) -> Taken:
    """Raise or end `dead_man`; the same again changes nothing."""
    ours = [alert for alert in told.alerts if alert.labels.get(_LABEL) in SIGNS]
    signs = {alert.fingerprint: f"no_{alert.labels[_LABEL]}" if alert.status == "firing" else "" for alert in ours}
    if signs:
        here.services.dead_man(signs, person.user.name)
    return Taken(taken=len(ours), ignored=len(told.alerts) - len(ours))
