"""What every channel answers.

A channel never repeats by itself: the outbox does, under the same key.
"""

from dataclasses import dataclass
from typing import Protocol

from domain.errors import GasLifelineError
from domain.record import Notice

BY_PLAN_ALONE = frozenset({"wecom_app", "aliyun_sms", "aliyun_voice", "tencent_sms", "tencent_voice", "email", "relay"})
"""Channels that tell nothing without a duty plan: they reach one person, whose address it knows, or wake everybody.
The others have one receiver, such as a group, and their limits are for all messages together."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the notice on.

    Attributes:
        provider_id: its own number for it, "" where it gave none.
    """

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider did not take it on, or gave an answer that nobody understands.

    Attributes:
        code: of the provider, or of HTTP.
        text: for a person.
        retryable: whether the same notice may be taken later.
    """

    code: str
    text: str
    retryable: bool


class ChannelUnavailable(GasLifelineError):  # noqa: N818 - it names the state of a neighbour
    """No answer: nobody knows whether the notice arrived."""


class Channel(Protocol):
    """One way to reach a person or a program."""

    def send(self, notice: Notice) -> Accepted | Refused: ...
