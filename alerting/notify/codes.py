"""What the error codes of a provider mean for us."""

from typing import NamedTuple

from alerting.notify.channel import Refused

QUOTA = "quota"
"""Code of every refusal for want of quota, the provider's and our own."""


class Codes(NamedTuple):
    """Codes by what helps against them. One that stands nowhere may be tried again: a person may mend its cause.

    Attributes:
        busy: too many messages just now; it passes by itself.
        spent: too many of the hour or the day for one person: only another way or another person helps.
        hopeless: the message or its address is wrong and will be wrong again.
    """

    busy: frozenset[str] = frozenset()
    spent: frozenset[str] = frozenset()
    hopeless: frozenset[str] = frozenset()

    def refuse(self, code: str | int, text: str) -> Refused:
        """Turn a code into a refusal.

        Example:
            >>> Codes(spent=frozenset({"45"})).refuse(45, "enough for today")
            Refused(code='quota', text='45 enough for today', retryable=False)
        """
        name = str(code)
        if name in self.busy or name in self.spent:
            return Refused(QUOTA, f"{name} {text}", retryable=name in self.busy)
        return Refused(name, text, retryable=name not in self.hopeless)
