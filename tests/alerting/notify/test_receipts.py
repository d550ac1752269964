"""The forms are those of the providers' pages; see `alerting.notify.receipts`."""

import msgspec
import pytest

from alerting.notify.receipts import PARSERS, Heard, Press, Receipt, Reply

CALL = {"status_time": "2023-03-06 16:21:12", "out_id": "o", "call_id": "c"}


@pytest.mark.parametrize(
    ("channel", "body", "expected"),
    [
        pytest.param(
            "aliyun_sms",
            [
                {
                    "phone_number": "139",
                    "success": False,
                    "err_code": "OFF",
                    "err_msg": "停机",
                    "biz_id": "b",
                }
            ],
            [Receipt("aliyun_sms", "b", delivered=False, code="OFF", text="停机")],
            id="a telephone that is off",
        ),
        pytest.param(
            "aliyun_sms",
            [{"phone_number": "139", "content": "4711", "send_time": "2023-03-06 16:21:12", "dest_code": "1"}],
            [Reply("139", "4711")],
            id="a reply",
        ),
        pytest.param("aliyun_sms", [], [], id="nothing"),
        pytest.param(
            "aliyun_voice",
            [CALL | {"status_code": "300000", "smart_status_code": "ANSWERED", "dtmf": "1"}],
            [Receipt("aliyun_voice", "c", delivered=True, code="300000"), Press("aliyun_voice", "c", "1")],
            id="a key",
        ),
        pytest.param(
            "aliyun_voice",
            [CALL | {"status_code": "100001", "smart_status_code": "RINGING"}],
            [],
            id="ringing",
        ),
        pytest.param(
            "aliyun_voice",
            [CALL | {"status_code": "200005", "status_msg": "用户无法接通", "duration": "0"}],
            [Receipt("aliyun_voice", "c", delivered=False, code="200005", text="用户无法接通")],
            id="the end of a call that nobody took",
        ),
        pytest.param(
            "aliyun_voice",
            [CALL | {"status_code": "200000", "duration": "10秒"}],
            [Receipt("aliyun_voice", "c", delivered=True, code="200000")],
            id="the end of a call",
        ),
        pytest.param(
            "tencent_sms",
            [
                {
                    "user_receive_time": "t",
                    "nationcode": "86",
                    "mobile": "139",
                    "report_status": "SUCCESS",
                    "sid": "s-1",
                },
                {"mobile": "138", "report_status": "FAIL", "errmsg": "MK:0001", "description": "空号", "sid": "s-2"},
            ],
            [
                Receipt("tencent_sms", "s-1", delivered=True),
                Receipt("tencent_sms", "s-2", delivered=False, code="MK:0001", text="空号"),
            ],
            id="two at once",
        ),
        pytest.param(
            "tencent_sms",
            {"extend": "1", "mobile": "139", "nationcode": "86", "sign": "燃气", "text": "4711", "time": 1457336869},
            [Reply("139", "4711")],
            id="a reply from here",
        ),
        pytest.param(
            "tencent_sms",
            {"mobile": "6123", "nationcode": "852", "text": "4711"},
            [Reply("+8526123", "4711")],
            id="a reply from abroad",
        ),
        pytest.param(
            "tencent_voice",
            {"voiceprompt_callback": {"result": "1", "callid": "c", "mobile": "139"}},
            [Receipt("tencent_voice", "c", delivered=False, code="1")],
            id="a call that nobody took at the other provider",
        ),
        pytest.param(
            "tencent_voice",
            {"voicekey_callback": {"callid": "c", "keypress": "1"}},
            [Press("tencent_voice", "c", "1")],
            id="a key at the other provider",
        ),
        pytest.param(
            "tencent_voice",
            {"voice_failure_callback": {"callid": "c", "failure_code": 8, "failure_reason": "空号"}},
            [Receipt("tencent_voice", "c", delivered=False, code="8", text="空号")],
            id="a failure",
        ),
    ],
)
def test_a_report_of_the_documented_form_is_heard(channel: str, body: object, expected: list[Heard]) -> None:
    assert PARSERS[channel].hear(msgspec.json.encode(body)) == expected


@pytest.mark.parametrize("channel", list(PARSERS))
@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b'"x"', b"[7]"])
def test_what_has_another_form_is_refused(channel: str, body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        PARSERS[channel].hear(body)
