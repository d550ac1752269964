"""Whether the duty plan in force fits the installation: its places, its channels, and voice at priority 1."""

from collections.abc import Collection, Iterator
from contextlib import closing

from alerting.plan import Plan, read_plan
from app.configuration import read_assets
from app.settings import Settings
from domain.errors import ConfigurationError, StoreUnavailable
from store.records import Records

_PAIRS = 2
"""Of channel and role: one that fails at priority 1 is replaced by another."""


def plan_text(settings: Settings) -> str | None:
    """Give the text of the plan in force, None where there is none or the records are away."""
    if settings.records.url_file is None and not (settings.data / "records.db").exists():
        return None
    try:
        with closing(Records(settings.records_url)) as records, records.duties() as duties:
            stored = duties.plan()
    except (ConfigurationError, StoreUnavailable):  # the check of the records says so
        return None
    return None if stored is None else stored.text


def check_duties(text: str, settings: Settings, channels: Collection[str]) -> None:
    """Check a plan (ConfigurationError: one line for each mistake)."""
    plan = read_plan(text, read_assets(settings.assets))
    problems = [*_media(plan, channels), *_idle(plan, channels), *_voice(plan, channels)]
    if problems:
        raise ConfigurationError(*problems)


def _media(plan: Plan, channels: Collection[str]) -> Iterator[str]:
    for name, medium in plan.media.items():
        if not set(medium.channels) & set(channels):
            have = ", ".join(channels) or "none: there is none"
            yield f"medium {name}: no channel of {', '.join(medium.channels)} is configured; expected one of {have}"


def _idle(plan: Plan, channels: Collection[str]) -> Iterator[str]:
    used = {channel for medium in plan.media.values() for channel in medium.channels}
    for channel in channels:
        if channel not in used:
            yield f"channel {channel}: is configured and tells nobody; expected it in a medium of the duty plan"


def _voice(plan: Plan, channels: Collection[str]) -> Iterator[str]:
    if "voice" not in plan.media:
        return
    carriers = set(plan.media["voice"].channels) & set(channels)
    roles = {role for _, role in plan.roles()} | {contact.role for contact in plan.contact}
    for table in plan.table:
        called = {role for step in table.step if "voice" in step.by for role in step.to} & roles
        if 1 in table.priorities and len(carriers) * len(called) < _PAIRS:
            pairs = f"{len(carriers)} channels and {len(called)} roles"
            yield f"table {table.name}: voice has {pairs}; expected two pairs of channel and role at priority 1"
