"""One message for several notices to one receiver: how many, the worst, and a line for each."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from alerting.notify.message import Parts, read
from domain.record import Notice

_HEAD = {"zh": "共 {} 条告警，最重：", "en": "{} alarms, the worst: "}


def merge(notices: Sequence[Notice]) -> Notice:
    """Put into the body of the first, the worst one, what the others say.

    Its body is that of the worst alarm, so that a receiver that knows of no bundles reads that one; under ``bundle``
    stand the bodies of all, each with the key of its notice and the code that answers for it alone.

    Example:
        >>> body = '{"text": {"zh": "老街小厨 可燃气体"}, "what_to_do": {}, "raised_ns": 0, "priority": 2}'
        >>> high, low = (Notice(f"{name}/1/0//chat", name, 1, "chat", "", body, due_ns=0) for name in "ab")
        >>> print(read(merge([high, low])).text["zh"])
        共 2 条告警，最重：老街小厨 可燃气体
    """
    worst, *others = notices
    if not others:
        return worst
    body = msgspec.json.decode(worst.body)
    said = read(worst)
    body["text"] = {language: _HEAD[language].format(len(notices)) + text for language, text in said.text.items()}
    body["parts"] = {language: _headed(part, language, len(notices)) for language, part in said.parts.items()}
    body["bundle"] = [{"key": notice.key, **msgspec.json.decode(notice.body)} for notice in notices]
    return replace(worst, body=msgspec.json.encode(body).decode())


def _headed(part: Parts, language: str, count: int) -> Parts:
    return msgspec.structs.replace(part, what=_HEAD[language].format(count) + part.what)
