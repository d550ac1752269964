"""What comes back from outside: answers of people, and receipts of providers."""

from alerting.answers import Answered, Answers
from api.duties import Plans
from api.services import Services
from domain.duty import StoredReceipt


class Mailbox:
    """Takes answers and receipts into the records (StoreUnavailable: send them again later).

    Every method may be called again with the same: a receipt counts once, a code is used once.

    Args:
        services: records, desk and clock.
        plans: whose number is whose.
    """

    def __init__(self, services: Services, plans: Plans) -> None:
        self._services, self._plans = services, plans
        self._answers = Answers(services.desk)

    def look(self, token: str) -> Answered:
        """Tell what a link stands for, without acting."""
        with self._services.records.unit() as unit:
            return self._answers.look(unit, token, self._services.clock_ns())

    def link(self, token: str) -> Answered:
        """Answer with a link."""
        with self._services.records.unit() as unit:
            return self._answers.by_link(unit, token, self._services.clock_ns())

    def receipt(self, channel: str, provider_id: str, *, delivered: bool, text: str) -> None:
        """Note how a message or a call ended."""
        now_ns = self._services.clock_ns()
        self._services.records.add_receipt(StoredReceipt(channel, provider_id, delivered, text, now_ns))

    def reply(self, address: str, text: str) -> Answered:
        """Answer with a short message from a number."""
        with self._services.records.unit() as unit:
            return self._answers.by_message(unit, self._plans.plan(unit), address, text, self._services.clock_ns())

    def press(self, channel: str, provider_id: str, key: str) -> Answered:
        """Answer with a key during a call."""
        notice = self._services.records.notice_of(channel, provider_id)
        with self._services.records.unit() as unit:
            return self._answers.by_key(unit, notice, key, self._services.clock_ns())
