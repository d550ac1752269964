"""The page behind the link of a notice: it shows the alarm, and only its button answers."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from alerting.answers import Answered, Result
from alerting.reach import REACH
from alerting.texts import text, what_to_do
from api.people import Here
from api.times import rfc3339
from domain.asset import Assets

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]

_SAYS: dict[Result, tuple[str, str]] = {
    Result.DONE: ("已确认，谢谢。", "Acknowledged. Thank you."),
    Result.CHANGED: (
        "告警已变化：无需确认，或已有更新的告警。",
        "The alarm has changed: it asks for no answer, or for a newer one.",
    ),
    Result.USED: ("此链接已用过：该告警已确认。", "This link was used: the alarm is acknowledged."),
    Result.OVER: ("链接已过期，请使用最新的通知。", "This link is over. Use the newest notice."),
    Result.UNKNOWN: ("没有这个链接。", "There is no such link."),
}
_ACKNOWLEDGED = {Result.DONE, Result.USED}
_STATUS = {Result.DONE: 200, Result.UNKNOWN: 404}
_PAGE = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>燃气告警确认 · Gas alarm</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/theme.css">
<link rel="stylesheet" href="/static/login.css">
<link rel="stylesheet" href="/static/answer.css">
</head>
<body>
<main>
<form method="post">
{inside}
</form>
</main>
</body>
</html>
"""
_BUTTON = '<button type="submit" class="primary">确认收到 <span lang="en">Acknowledge</span></button>'


@router.get("/answer/{token}")
def look(token: Token, here: Here) -> HTMLResponse:
    """Show the alarm; a programme that opens every link it sees changes nothing."""
    found = here.mailbox.look(token)
    asks = found.result is Result.DONE
    return _page(found, here.services.assets, _BUTTON if asks else _said(found.result))


@router.post("/answer/{token}")
def answer(token: Token, here: Here) -> HTMLResponse:
    found = here.mailbox.link(token)
    return _page(found, here.services.assets, _said(found.result))


def _said(result: Result) -> str:
    zh, en = _SAYS[result]
    look = "done" if result in _ACKNOWLEDGED else "reason"
    return f'<p class="{look}" role="status">{zh}<br><span lang="en">{en}</span></p>'


def _page(found: Answered, assets: Assets, below: str) -> HTMLResponse:
    page = _PAGE.format(inside="\n".join([*_story(found, assets), below]))
    status = _STATUS.get(found.result, 409)
    return HTMLResponse(page, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _story(found: Answered, assets: Assets) -> list[str]:
    if found.alarm is None:
        return ["<h1>燃气告警 · Gas alarm</h1>"]
    alarm = found.alarm
    if alarm.id == REACH:
        return ['<h1>【演练】联络测试 · <span lang="en">[DRILL] test whether this reaches you</span></h1>']
    line, todo = text(alarm, assets), what_to_do(alarm.kind)
    return [
        f'<h1 class="p{alarm.priority}">{_LEVELS[alarm.priority - 1]}级告警 · P{alarm.priority}</h1>',
        *(
            f'<p lang="{language}"><strong>{escape(line[key])}</strong><br>{escape(todo[key])}</p>'
            for key, language in _LANGUAGES
        ),
        f"<p>发生于 since {rfc3339(alarm.raised_ns)[:19].replace('T', ' ')}</p>",
    ]


_LANGUAGES = (("zh", "zh-CN"), ("en", "en"))
_LEVELS = "一二三四"
