"""Takes due notices out of the outbox, hands them to their channels, and records how it went."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Protocol

from alerting.notify.bundle import merge
from alerting.notify.channel import Accepted, Channel, ChannelUnavailable, Refused
from domain.record import Notice, NoticeState

_S = 1_000_000_000
LEASE_NS = 12 * _S
"""Longer than a call may take, so that no two senders hold one notice."""
PAUSES_NS = (5 * _S, 15 * _S, 45 * _S, 60 * _S)
"""Between attempts; the last one for ever: an alarm that reached nobody is never given up."""
FAILURES = 2
"""After so many the person's next way begins; the attempts here go on."""
_ROUND = 50


class Outbox(Protocol):
    """The notices of the records database."""

    def lease_notices(
        self, now_ns: int, lease_ns: int, limit: int, channels: Collection[str] | None = None
    ) -> list[Notice]: ...
    def settle_notice(self, notice: Notice) -> None: ...


class Sender:
    """Sends what is due, one call after the other.

    Role `notify` has a sender for each channel, in a thread of its own: a channel that hangs delays no other.

    Args:
        outbox: where notices wait.
        channels: by name; notices of other channels are left alone.
        clock_ns: wall clock.
    """

    def __init__(self, outbox: Outbox, channels: Mapping[str, Channel], clock_ns: Callable[[], int]) -> None:
        self._outbox = outbox
        self._channels = channels
        self._clock_ns = clock_ns

    def work(self, now_ns: int) -> int:
        """Send up to a round of notices that are due; give how many were tried."""
        for tried in range(_ROUND):
            # one call at a time: a notice that waits behind slow calls must not outlive its lease
            leased = self._outbox.lease_notices(max(now_ns, self._clock_ns()), LEASE_NS, 1, tuple(self._channels))
            if not leased:
                return tried
            answer = self._send(merge(leased))
            for notice in leased:  # the first one's message carries the others
                self._outbox.settle_notice(self._judged(notice, answer))
        return _ROUND

    def _send(self, notice: Notice) -> Accepted | Refused | ChannelUnavailable:
        try:
            return self._channels[notice.channel].send(notice)
        except ChannelUnavailable as error:
            return error

    def _judged(self, notice: Notice, answer: Accepted | Refused | ChannelUnavailable) -> Notice:
        attempt = f"attempt {notice.attempts}"
        if isinstance(answer, ChannelUnavailable):
            return self._again(notice, f"{attempt}: {answer}")
        if isinstance(answer, Accepted):
            return self._accepted(notice, answer.provider_id, f"{attempt}: accepted {answer.provider_id}".rstrip())
        told = f"{attempt}: {answer.code} {answer.text}"
        if answer.retryable:
            return self._again(notice, told)
        return replace(notice, state=NoticeState.FAILED, answer=told, next_ns=self._next_now(notice))

    def _accepted(self, notice: Notice, provider_id: str, told: str) -> Notice:
        now_ns = self._clock_ns()
        waits = notice.receipt_s and notice.then
        return replace(
            notice,
            state=NoticeState.ACCEPTED,
            answer=told,
            provider_id=provider_id,
            accepted_ns=now_ns,
            next_ns=now_ns + notice.receipt_s * _S if waits else None,
        )

    def _again(self, notice: Notice, told: str) -> Notice:
        pause_ns = PAUSES_NS[min(notice.attempts, len(PAUSES_NS)) - 1]
        failed = notice.attempts >= FAILURES
        return replace(
            notice,
            state=NoticeState.PENDING,
            due_ns=self._clock_ns() + pause_ns,
            answer=told,
            next_ns=self._next_now(notice) if failed else notice.next_ns,
        )

    def _next_now(self, notice: Notice) -> int | None:
        """Begin the next way at once, unless it has begun or there is none."""
        return None if notice.next_ns is None else self._clock_ns()
