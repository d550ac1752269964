"""What every channel must do, against a provider on the loopback that checks and plays all the ways to answer."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from alerting.notify.channel import Accepted, Channel, ChannelUnavailable, Refused
from alerting.notify.receipts import PARSERS, Heard, Receipt
from tests.alerting.notify.adapters import CODES, PHONES, SILENT, build, notice
from tests.alerting.notify.stand_in import GROUP_TOKEN, SECRET, SPEECH, TOKEN, Provider, provider
from tests.trust import trusting

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
Play = Callable[..., tuple[Channel, Provider]]
EVERY = pytest.mark.parametrize("channel", list(SPEECH))
CODED = [(name, code) for name, codes in CODES.items() for code in sorted(codes.busy | codes.spent | codes.hopeless)]


@pytest.fixture
def play() -> Iterator[Play]:
    opened = []

    def start(channel: str, *plays: str, total_s: float = 10.0) -> tuple[Channel, Provider]:
        client, running = trusting(), provider(channel, *plays)
        found = running.__enter__()
        opened.append((client, running))
        return build(channel, found.url, client, total_s), found

    yield start
    for client, running in opened:
        client.close()
        running.__exit__(None, None, None)


@EVERY
def test_what_is_signed_right_is_taken_on_under_the_providers_number(play: Play, channel: str) -> None:
    ours, theirs = play(channel)
    assert ours.send(notice(channel)) == Accepted("" if channel in SILENT else "n-1")
    assert [number for number, _ in theirs.accepted] == ["n-1"]


@EVERY
def test_a_person_reads_chinese_and_that_it_is_a_drill(play: Play, channel: str) -> None:
    ours, theirs = play(channel)
    ours.send(notice(channel))
    (_, text) = theirs.accepted[0]
    assert "可燃气体" in text
    assert "演练" in text
    assert "老街小厨" in text


@EVERY
def test_what_is_too_long_for_the_provider_is_cut_and_taken_on(play: Play, channel: str) -> None:
    ours, theirs = play(channel)
    long = {"zh": "疏散\n" * 9_000}
    parts = {"zh": {"where": "街" * 500, "what": "燃气" * 500, "numbers": ""}}
    sent = notice(channel, text=long if channel != "webhook" else {"zh": "短"}, what_to_do=long, parts=parts)
    assert isinstance(ours.send(sent), Accepted)
    assert len(theirs.accepted) == 1


@EVERY
def test_the_same_notice_goes_out_in_the_same_words_again(play: Play, channel: str) -> None:
    ours, theirs = play(channel, "!500", "ok")
    ours.send(notice(channel))
    ours.send(notice(channel))
    first, second = (SPEECH[channel].text(seen) for seen in theirs.seen)
    assert first == second
    assert len(theirs.accepted) == 1


@pytest.mark.parametrize(("channel", "code"), CODED)
def test_an_error_code_under_http_200_is_never_sent(play: Play, channel: str, code: str) -> None:
    answer = play(channel, code)[0].send(notice(channel))
    codes = CODES[channel]
    assert isinstance(answer, Refused)
    assert (answer.code == "quota") == (code in codes.busy | codes.spent)
    assert answer.retryable == (code in codes.busy)
    assert code in f"{answer.code} {answer.text}"


@EVERY
def test_a_code_that_nobody_knows_may_be_tried_again(play: Play, channel: str) -> None:
    answer = play(channel, "99999")[0].send(notice(channel))
    assert answer == Refused("99999", "because of 99999", retryable=True)


@EVERY
@pytest.mark.parametrize("what", ["html", "empty"])
def test_an_answer_that_is_not_understood_is_no_yes(play: Play, channel: str, what: str) -> None:
    answer = play(channel, what)[0].send(notice(channel))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.retryable) == ("200", True)
    assert answer.text.startswith("not understood")


@EVERY
@pytest.mark.parametrize(("status", "retryable"), [(429, True), (500, True), (403, True), (404, False)])
def test_a_status_alone_says_whether_to_try_again(play: Play, channel: str, status: int, *, retryable: bool) -> None:
    answer = play(channel, f"!{status}")[0].send(notice(channel))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.retryable) == (str(status), retryable)


@EVERY
def test_a_provider_that_hangs_is_unavailable_within_the_time_limit(play: Play, channel: str) -> None:
    with pytest.raises(ChannelUnavailable):
        play(channel, "hang", total_s=0.3)[0].send(notice(channel))


@EVERY
def test_a_reset_after_the_request_was_read_is_unavailable_for_nobody_knows(play: Play, channel: str) -> None:
    ours, theirs = play(channel, "reset")
    with pytest.raises(ChannelUnavailable):
        ours.send(notice(channel))
    assert len(theirs.accepted) == 1


@EVERY
def test_a_provider_that_is_gone_is_unavailable_and_no_secret_is_told(channel: str) -> None:
    with trusting() as client, pytest.raises(ChannelUnavailable) as caught:
        build(channel, "http://127.0.0.1:1", client).send(notice(channel))
    assert not any(secret in str(caught.value) for secret in (SECRET, TOKEN, GROUP_TOKEN))


@pytest.mark.parametrize("channel", sorted(PHONES))
@pytest.mark.parametrize("address", ["", "wang", "139,138", "1390000000000000000"])
def test_what_is_no_number_is_never_called(play: Play, channel: str, address: str) -> None:
    ours, theirs = play(channel)
    answer = ours.send(replace(notice(channel), address=address))
    assert answer == Refused("address", f"{address!r} is no telephone number", retryable=False)
    assert theirs.seen == []


@pytest.mark.parametrize("channel", sorted(PARSERS))
@pytest.mark.parametrize(("receipts", "times"), [("never", 0), ("before", 1), ("after", 1), ("twice", 2)])
def test_a_receipt_names_the_message_whenever_it_comes(play: Play, channel: str, receipts: str, times: int) -> None:
    ours, theirs = play(channel)
    heard: list[Heard] = []
    theirs.receipts, theirs.hear = receipts, lambda body: heard.extend(PARSERS[channel].hear(body))
    answer = ours.send(notice(channel))
    assert isinstance(answer, Accepted)
    assert [(one.provider_id, one.delivered) for one in _receipts(heard, times)] == [(answer.provider_id, True)] * times


def _receipts(heard: list[Heard], times: int) -> list[Receipt]:
    """Wait for receipts that come after the answer, from the thread of the provider."""
    end_s = time.monotonic() + 5
    while len(heard) < times and time.monotonic() < end_s:
        time.sleep(0.005)
    return [one for one in heard if isinstance(one, Receipt)]
