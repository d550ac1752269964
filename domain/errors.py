"""The error tree. An expected refusal is a value; an exception is a user's mistake or an absent neighbour.

GasLifelineError
├── ConfigurationError   a file that a person wrote is wrong: says where, what, and what was expected
├── StoreUnavailable     log, series or records cannot be used now; the caller holds and tries again
└── Conflict             the thing has changed meanwhile: look again before acting
"""


class GasLifelineError(Exception):
    """Whatever this system raises on purpose."""


class ConfigurationError(GasLifelineError):
    """A file that a person wrote is wrong.

    Attributes:
        problems: one line each: where, what, what was expected.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreUnavailable(GasLifelineError):  # noqa: N818 - it names the state of a neighbour, as ChannelUnavailable does
    """Log, series or records cannot be used now: hold, and try again.

    Attributes:
        reason: code of it: ``settings`` and ``request`` last until a person corrects something.
        retry_after_s: how long it asked us to wait; None where it did not say.
    """

    def __init__(self, text: str, *, reason: str = "unavailable", retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.reason, self.retry_after_s = reason, retry_after_s


class Conflict(GasLifelineError):  # noqa: N818 - the name of the HTTP answer that it becomes
    """The thing has changed meanwhile: look again before acting."""
