"""What providers report of messages and calls: receipts, replies, keys."""

import hmac
import logging
from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request

from alerting.notify.receipts import PARSERS, Heard, Receipt, Reply
from api.answers import Mailbox
from api.people import Here
from api.problems import Problem, missing

_LOGGER = logging.getLogger(__name__)
router = APIRouter(tags=["receipts"])


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post("/receipts/{channel}")
def receive(channel: str, token: str, body: Annotated[bytes, Depends(_raw)], here: Here) -> Mapping[str, str | int]:
    """Take a report into the records and answer as the provider expects; the same report again changes nothing.

    Providers cannot log in: the address that they are given carries a token (Problem 403: another one; 404: no such
    channel, or no token is set; 422: of another form; 503: send it again).
    """
    expected, parser = here.services.receipts_token, PARSERS.get(channel)
    if not expected or parser is None:
        raise missing("receipts of channel", channel)
    if not hmac.compare_digest(token.encode(), expected.encode()):
        raise Problem(403, "wrong-token", "the token of this address is wrong")
    try:
        heard = parser.hear(body)
    except msgspec.DecodeError as error:
        _LOGGER.warning("receipts of %s: not understood: %s", channel, error)
        raise Problem(422, "invalid", f"not understood: {error}") from None
    for one in heard:
        _take(here.mailbox, one)
    return parser.answer


def _take(mailbox: Mailbox, heard: Heard) -> None:
    if isinstance(heard, Receipt):
        said = f"{heard.code} {heard.text}".strip()
        mailbox.receipt(heard.channel, heard.provider_id, delivered=heard.delivered, text=said)
    elif isinstance(heard, Reply):
        mailbox.reply(heard.address, heard.text)
    else:
        mailbox.press(heard.channel, heard.provider_id, heard.key)
