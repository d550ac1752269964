"""Which sites somebody sees: the one place that decides it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from domain.asset import Assets, Device, Site


class Sight(NamedTuple):
    """What is within a person's scope.

    Attributes:
        sites: their ids; None: everything, the system's own alarms too.
    """

    sites: frozenset[str] | None = None

    @property
    def whole(self) -> bool:
        return self.sites is None

    def sees(self, site: str) -> bool:
        return self.sites is None or site in self.sites

    def among(self, sites: Mapping[str, Site]) -> dict[str, Site]:
        return {name: site for name, site in sites.items() if self.sees(name)}

    def devices(self, assets: Assets) -> Iterator[Device]:
        return (device for device in assets.devices.values() if self.sees(device.site))

    def device(self, name: str, assets: Assets) -> Device | None:
        """Find a device; None also where it stands out of sight: nobody learns that it exists."""
        found = assets.devices.get(name)
        return found if found is not None and self.sees(found.site) else None

    def named(self, assets: Assets) -> list[str] | None:
        """Give the ids of its devices; None: all, also those that are not registered."""
        return None if self.whole else [device.id for device in self.devices(assets)]


WHOLE = Sight()


def sight_of(townships: Iterable[str], sites: Iterable[str], assets: Assets) -> Sight:
    """Resolve a scope; both empty is everything, and what names nothing that exists sees nothing.

    A site's township is its `district` (乡镇、街道).

    Args:
        townships: whose sites are seen.
        sites: seen besides.
        assets: the registry.

    Example:
        >>> sight_of([], [], Assets({}, {}, {})).sees("S1"), sight_of(["nowhere"], [], Assets({}, {}, {})).sees("S1")
        (True, False)
    """
    townships, names = frozenset(townships), frozenset(sites)
    if not townships and not names:
        return WHOLE
    return Sight(frozenset(s.id for s in assets.sites.values() if s.district in townships or s.id in names))
