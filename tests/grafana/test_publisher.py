"""What a Grafana is told, held against a stand-in that speaks its documented API."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from grafana.publisher import Grafana, GrafanaAway, Refused
from tests.grafana.stand_in import TOKEN, Played, grafana
from tests.store.influx_server import free_port

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
BOARD = {"uid": "gas-x", "title": "墙", "panels": [{"id": 1, "value": None, "w": 12.0}]}


@pytest.fixture
def played() -> Iterator[Played]:
    with grafana() as found:
        yield found


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=5.0) as found:
        yield found


@pytest.fixture
def there(played: Played, client: httpx2.Client) -> Grafana:
    return Grafana(client, played.url + "/", TOKEN)


def test_publishing_twice_changes_nothing(played: Played, there: Grafana) -> None:
    assert (there.ensure_folder("f", "燃气"), there.publish(BOARD, "f")) == (True, True)
    assert (there.ensure_folder("f", "燃气"), there.publish(BOARD, "f")) == (False, False)
    assert played.dashboards["gas-x"]["dashboard"]["version"] == 1
    assert played.dashboards["gas-x"]["meta"]["folderUid"] == "f"


def test_a_dashboard_that_somebody_edited_or_moved_is_ours_again(played: Played, there: Grafana) -> None:
    there.ensure_folder("f", "燃气")
    there.publish(BOARD, "f")
    played.dashboards["gas-x"]["dashboard"]["panels"] = []
    assert there.publish(BOARD, "f")
    played.dashboards["gas-x"]["meta"]["folderUid"] = ""
    assert there.publish(BOARD, "f")
    assert played.dashboards["gas-x"]["dashboard"] == {**BOARD, "id": 1, "version": 3}


def test_who_saves_between_our_look_and_our_save_is_overwritten(played: Played, there: Grafana) -> None:
    there.ensure_folder("f", "燃气")
    there.publish(BOARD, "f")
    played.before_save = lambda: played.dashboards["gas-x"]["dashboard"].update(version=8)
    assert there.publish({**BOARD, "title": "新"}, "f")
    assert played.dashboards["gas-x"]["dashboard"]["version"] == 9


def test_who_saves_all_the_time_is_told(played: Played, there: Grafana) -> None:
    there.ensure_folder("f", "燃气")
    mismatch = 412, {"message": "changed by someone else", "status": "version-mismatch"}
    played.failures = [(404, {}), mismatch] * 3
    with pytest.raises(Refused, match="gas-x: somebody else saves it all the time"):
        there.publish(BOARD, "f")


def test_a_folder_that_somebody_made_meanwhile_is_a_folder(played: Played, there: Grafana) -> None:
    played.failures = [(404, {})]
    played.folders["f"] = {"uid": "f"}
    assert not there.ensure_folder("f", "燃气")


def test_a_login_page_is_no_folder(played: Played, there: Grafana) -> None:
    played.failures = [(302, b"<html>")]
    with pytest.raises(GrafanaAway, match="is this the address of Grafana itself"):
        there.ensure_folder("f", "燃气")


def test_a_folder_that_is_gone_is_told(there: Grafana) -> None:
    with pytest.raises(Refused, match="POST /api/dashboards/db: 404 folder not found"):
        there.publish(BOARD, "f")


@pytest.mark.parametrize(
    ("answer", "told", "reason"),
    [
        ((401, {"message": "Invalid API key"}), "401 Invalid API key; check the token", "settings"),
        ((403, {"message": "Access denied"}), "403 Access denied; check the token", "settings"),
        ((302, b"<html>"), "is this the address of Grafana itself", "settings"),
        ((503, {"message": "starting"}), "503 starting", "busy"),
        ((429, {}), "429", "busy"),
        ((200, b"<html>login</html>"), "not Grafana's answer", "unavailable"),
    ],
)
def test_a_grafana_that_takes_nothing_now_says_why(
    played: Played, there: Grafana, answer: tuple[int, object], told: str, reason: str
) -> None:
    played.failures = [answer]
    with pytest.raises(GrafanaAway, match=told) as raised:
        there.find("alarm:1")
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "ask",
    [
        lambda there: there.publish(BOARD, "f"),
        lambda there: there.open(1, "x", []),
        lambda there: there.change(7, {"text": "y"}),
    ],
)
def test_what_will_never_do_is_refused(played: Played, there: Grafana, ask: Callable[[Grafana], object]) -> None:
    played.failures = [(400, {"message": "Cannot save provisioned dashboard"})]
    with pytest.raises(Refused, match="400 Cannot save provisioned dashboard"):
        ask(there)


def test_a_plugins_dashboard_is_refused(played: Played, there: Grafana) -> None:
    played.failures = [(404, {}), (412, {"message": "belongs to plugin", "status": "plugin-dashboard"})]
    with pytest.raises(Refused, match="412 plugin-dashboard belongs to plugin"):
        there.publish(BOARD, "f")


def test_without_a_token_it_is_a_stranger(played: Played, client: httpx2.Client) -> None:
    with pytest.raises(GrafanaAway, match="401"):
        Grafana(client, played.url, "").find()


def test_a_grafana_that_is_not_there_is_away(client: httpx2.Client) -> None:
    with pytest.raises(GrafanaAway, match="refused"):
        Grafana(client, f"http://127.0.0.1:{free_port()}", TOKEN).find()


def test_annotations_are_found_by_all_of_their_tags(played: Played, there: Grafana) -> None:
    first = there.open(1_000, "甲", ["alarm:1", "open"])
    there.open(2_000, "乙", ["alarm:2", "open"])
    there.change(first, {"timeEnd": 3_000, "tags": ["gas-lifeline", "alarm:1"]})
    (found,) = there.find("alarm:1")
    assert (found.id, found.time, found.time_end, found.tags) == (first, 1_000, 3_000, ["gas-lifeline", "alarm:1"])
    assert [one.text for one in there.find("open")] == ["乙"]
    assert played.asked[-1] == ("GET", "/api/annotations")
