"""By which channels a step of an escalation reaches a person, and which follow when those fail."""

from collections.abc import Collection, Iterator, Sequence

from alerting.plan import Person, Plan
from domain.record import Way


def ways_to(
    plan: Plan, person: Person, by: Sequence[str], priority: int, channels: Collection[str]
) -> list[tuple[Way, ...]]:
    """Give a chain of ways for each medium that is used at once: the first is tried, the others follow where it fails.

    After the channels of its own medium each chain goes on with the person's other media, in the person's order. A
    person whom none of the media reaches is called by the first of the others.

    Example:
        >>> from alerting.plan import Medium
        >>> media = {"im": Medium(("wecom",), "wecom"), "sms": Medium(("sms_a", "sms_b"), "phone")}
        >>> person = Person("yang", "杨", addresses={"phone": "1", "wecom": "y"})
        >>> [[way.channel for way in chain] for chain in
        ...  ways_to(Plan(media=media), person, ["sms"], 2, ["sms_a", "sms_b", "wecom"])]
        [['sms_a', 'sms_b', 'wecom']]
    """
    order = (person.important if priority == 1 else person.usual) or tuple(plan.media)
    own = {name: list(_ways(plan, name, person, channels)) for name in dict.fromkeys((*by, *order))}
    chosen = [name for name in by if own[name]] or [name for name in order if own[name]][:1]
    rest = [way for name in order if name not in chosen for way in own[name]]
    return [(*own[name], *rest) for name in chosen]


def ways_to_all(plan: Plan, by: Sequence[str], channels: Collection[str]) -> list[Way]:
    """Give the ways that have one receiver for everybody: a siren, a group."""
    media = [plan.media[name] for name in by if name in plan.media]
    return [Way(c, "", m.receipt_s) for m in media if not m.address for c in m.channels if c in channels]


def _ways(plan: Plan, name: str, person: Person, channels: Collection[str]) -> Iterator[Way]:
    medium = plan.media.get(name)
    if medium is not None and (address := person.addresses.get(medium.address, "")):
        yield from (Way(channel, address, medium.receipt_s) for channel in medium.channels if channel in channels)
