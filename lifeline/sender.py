"""Takes parcels out of a target's outbox, hands them to its courier, and records how it went."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from domain.parcel import LONGEST_WAIT_S, Parcel, ParcelState
from lifeline.courier import Courier
from lifeline.shape import NoCode

_S = 1_000_000_000


class Outbox(Protocol):
    """The parcels of the records database."""

    def lease_parcels(self, target: str, now_ns: int, lease_ns: int, limits: Mapping[str, int]) -> list[Parcel]: ...
    def settle_parcels(self, parcels: Sequence[Parcel]) -> None: ...


class Pace(NamedTuple):
    """How fast, and how patiently.

    Attributes:
        per_s: calls a second at most.
        first_s: pause after the first failure; each further one doubles it.
        longest_s: pause at most.
        refusals: answers of "later" after which a parcel is dead.
        lease_s: longer than a call may take, so that no two senders hold one parcel.
    """

    per_s: float = 10.0
    first_s: float = 1.0
    longest_s: float = LONGEST_WAIT_S
    refusals: int = 20
    lease_s: float = 15.0


class Sender:
    """Sends what is due to one target, one call after the other.

    An outage holds up the whole target and counts against no parcel: a record that nobody refused is never given up. A
    refused batch goes again one by one, so that the wrong record alone is refused.

    Args:
        outbox: where parcels wait.
        target: name of it.
        courier: way to it.
        limits: how many records of each kind a call takes.
        pace: how fast.
        clock_ns: wall clock, for what stands in the outbox.
        steady_ns: clock that nobody sets, for pace and pauses.
        dice: gives a number between 0 and 1, so that targets that were away together do not come back together.

    Attributes:
        trouble: why the target takes nothing; "" while it does.
    """

    def __init__(
        self,
        outbox: Outbox,
        target: str,
        courier: Courier,
        *,
        limits: Mapping[str, int],
        pace: Pace,
        clock_ns: Callable[[], int],
        dice: Callable[[], float],
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._outbox, self._target, self._courier, self._limits = outbox, target, courier, limits
        self._pace, self._clock_ns, self._steady_ns, self._dice = pace, clock_ns, steady_ns, dice
        self._failures, self._next_ns = 0, 0
        self.trouble = ""

    def work(self) -> int:
        """Make one call if one is due and allowed; give how many parcels it had (StoreUnavailable)."""
        if self._steady_ns() < self._next_ns:
            return 0
        lease_ns = round(self._pace.lease_s * _S)
        leased = self._outbox.lease_parcels(self._target, self._clock_ns(), lease_ns, self._limits)
        if leased:
            self._outbox.settle_parcels(self._judged(leased, self._send(leased)))
        return len(leased)

    def wait_s(self) -> float:
        """Give how long nothing may be sent."""
        return max(0.0, (self._next_ns - self._steady_ns()) / _S)

    def _send(self, leased: Sequence[Parcel]) -> Accepted | Refused | ChannelUnavailable:
        self._next_ns = self._steady_ns() + round(_S / self._pace.per_s)
        try:
            return self._courier.deliver(leased)
        except ChannelUnavailable as error:
            return error
        except NoCode as error:
            return Refused("mapping", str(error), retryable=False)

    def _judged(self, leased: Sequence[Parcel], answer: Accepted | Refused | ChannelUnavailable) -> list[Parcel]:
        now_ns = self._clock_ns()
        if isinstance(answer, ChannelUnavailable):
            self._failures += 1
            self.trouble = str(answer)
            self._next_ns = self._steady_ns() + self._pause_ns(self._failures)
            # they may go the moment the target may be tried again
            return [replace(parcel, due_ns=now_ns, answer=str(answer)) for parcel in leased]
        self._failures, self.trouble = 0, ""
        if isinstance(answer, Accepted):
            return [replace(parcel, state=ParcelState.ACCEPTED, settled_ns=now_ns, answer="") for parcel in leased]
        told = f"{answer.code} {answer.text}".strip()
        if len(leased) > 1:
            return [replace(parcel, due_ns=now_ns, alone=True, answer=told) for parcel in leased]
        return [self._refused(leased[0], told, now_ns, retryable=answer.retryable)]

    def _refused(self, parcel: Parcel, told: str, now_ns: int, *, retryable: bool) -> Parcel:
        refusals = parcel.refusals + 1
        if retryable and refusals < self._pace.refusals:
            return replace(parcel, refusals=refusals, due_ns=now_ns + self._pause_ns(refusals), answer=told)
        return replace(parcel, refusals=refusals, state=ParcelState.DEAD, settled_ns=now_ns, answer=told)

    def _pause_ns(self, failures: int) -> int:
        """Double with every failure up to the longest, then take between half and all of it."""
        longest_s = min(self._pace.longest_s, self._pace.first_s * 2.0 ** min(failures - 1, 30))
        return round(longest_s * (0.5 + self._dice() / 2) * _S)
