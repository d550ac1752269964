"""`gas-lifeline grafana`: build the dashboards; check them against rules, rulebook and a database; publish them."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from app.clock import now_ns
from app.configuration import ONE_WORD, read_assets, read_rulebook, read_text
from domain.errors import ConfigurationError
from grafana.asking import questions, unanswered
from grafana.boards.catalogue import build
from grafana.build.dashboard import Plan
from grafana.drawing import drawn
from grafana.lint import lint
from grafana.publisher import TIMEOUT_S, Grafana
from store.influxql import Table, read_answer

WHAT = "dashboards of Grafana: build them of rulebook and registry; check their rules and their questions; publish them"
EXAMPLE = """\
gas-lifeline grafana build --assets assets --console-url https://console.example
  gas-lifeline grafana check
  gas-lifeline grafana publish --url https://grafana.example --token-file secrets/grafana"""
_TIMEOUT_S = 30.0
FOLDER = ("gas-lifeline", "燃气生命线")
"""Uid and title, as in Grafana's provisioning."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be said to the command."""
    parser.add_argument("action", choices=["build", "check", "publish"])
    parser.add_argument("--assets", type=Path, default=Path("examples/dali"), metavar="DIR", help="of the town")
    parser.add_argument("--rulebook", type=Path, default=Path("rulebook.toml"), metavar="FILE", help="limits of it")
    parser.add_argument("--bucket", default="gas", help="of the points (default: gas)")
    parser.add_argument("--console-url", default="http://127.0.0.1:8000", metavar="URL", help="where links lead")
    parser.add_argument("--folder", type=Path, default=Path("grafana/dashboards"), metavar="DIR", help="of the files")
    parser.add_argument("--drawings", type=Path, metavar="DIR", help="draw where the panels are, as SVG")
    parser.add_argument("--url", metavar="URL", help="check: of an InfluxDB, to ask it everything; publish: of Grafana")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="for that server: a token, or USER:PASSWORD of an InfluxDB"
    )
    parser.add_argument("--rows", action="store_true", help="every question must have an answer")


def grafana(options: argparse.Namespace) -> int:
    plan = plan_of(options.assets, options.rulebook, options.bucket, options.console_url)
    if options.action == "build":
        for name in write(build(plan), options.folder):
            print(name)  # noqa: T201 - the command's answer
        for name in write(plans(plan), options.drawings) if options.drawings else ():
            print(name)  # noqa: T201 - the command's answer
        return 0
    _demand(options)
    found = list(check(plan, options.folder))
    if options.action == "publish" and not found:
        for line in publish(options.folder, options.url, options.token_file):
            print(line)  # noqa: T201 - the command's answer
        return 0
    if options.action == "check" and options.url:
        found += ask_all(plan, options.url, options.token_file, rows=options.rows)
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201 - the command's answer
    if not found:
        print(f"{options.folder}: as the rulebook and the registry say")  # noqa: T201 - the command's answer
    return 1 if found else 0


def _demand(options: argparse.Namespace) -> None:
    """Refuse what was forgotten before anything is told of the files."""
    if options.action == "publish" and not options.url:
        raise ConfigurationError("grafana publish: where? Give --url, such as https://grafana.example")
    if not any(options.folder.glob("*.json")):
        raise ConfigurationError(
            f"{options.folder}: no dashboards; expected a folder that `gas-lifeline grafana build --folder` has written"
        )


def plan_of(assets: Path, rulebook: Path, bucket: str, console_url: str) -> Plan:
    """Read what dashboards are made from (ConfigurationError)."""
    if urlsplit(console_url).scheme not in {"http", "https"}:
        raise ConfigurationError(
            f"--console-url is {console_url!r}; expected an address such as https://console.example"
        )
    return Plan(read_rulebook(rulebook), read_assets(assets), bucket, console_url.rstrip("/"))


def plans(plan: Plan) -> dict[str, str]:
    """Draw where the panels are."""
    return {f"grafana-{board['uid']}.svg": drawn(board) for board in _boards(plan)}


def write(files: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """Write files, and give their names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            yield folder / name
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}") from None


def check(plan: Plan, folder: Path) -> Iterator[str]:
    """Give whatever is wrong with the dashboards of a folder."""
    wanted = build(plan)
    files = {path.name: read_text(path) for path in sorted(folder.glob("*.json"))}
    for name in sorted({*wanted, *files}):
        if wanted.get(name) != files.get(name):
            yield f"{folder / name}: not what rulebook and registry say; `gas-lifeline grafana build` writes it anew"
    yield from lint({name: _decoded(text, folder / name) for name, text in files.items()}, plan.rulebook)


def publish(folder: Path, url: str, token_file: Path | None) -> Iterator[str]:
    """Have the dashboards of a folder in a Grafana; tell what was done (GasLifelineError: it will not, or is away)."""
    with httpx2.Client(timeout=TIMEOUT_S) as client:
        there = Grafana(client, url, read_text(token_file, ONE_WORD).strip() if token_file else "")
        yield f"{'made   ' if there.ensure_folder(*FOLDER) else 'stands '} folder {FOLDER[1]}"
        for path in sorted(folder.glob("*.json")):
            changed = there.publish(_decoded(read_text(path), path), FOLDER[0])
            yield f"{'changed' if changed else 'stands '} {path.stem}"


def _decoded(text: str, path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"{path}: {error}") from None


class Server:
    """InfluxDB as Grafana asks it.

    Args:
        url: of it.
        database: of the points.
        token: of 2.x, or ``user:password`` of the user that `influx init --reader-file` makes; empty for none.
    """

    def __init__(self, url: str, database: str, token: str = "") -> None:
        user, _, password = token.partition(":")
        auth = httpx2.BasicAuth(user, password) if password else None
        headers = {"Authorization": f"Token {token}"} if token and not auth else {}
        self._http = httpx2.Client(base_url=url, headers=headers, auth=auth, timeout=_TIMEOUT_S)
        self._url, self._database = url, database

    def __call__(self, query: str) -> Sequence[Table]:
        """Give the tables of the answer (ConfigurationError: the server takes the question for wrong, or is away)."""
        parameters = {"db": self._database, "epoch": "ns", "q": query}
        try:
            answer = self._http.get("/query", params=parameters)
            if answer.status_code != HTTPStatus.OK:
                raise ConfigurationError(f"{self._url}: {answer.status_code} {answer.text.strip()}; asked for {query}")
            tables, errors = read_answer(answer.text)
        except (httpx2.HTTPError, msgspec.MsgspecError) as error:
            raise ConfigurationError(f"{self._url}: {error}; asked for {query}") from None
        if errors:
            raise ConfigurationError(f"{self._url}: {'; '.join(sorted(errors))}; asked for {query}")
        return tables

    def close(self) -> None:
        self._http.close()


def ask_all(plan: Plan, url: str, token_file: Path | None, *, rows: bool) -> list[str]:
    """Ask a server everything that the dashboards ask; give what has no rows, where rows are demanded."""
    server = Server(url, plan.bucket, read_text(token_file, ONE_WORD).strip() if token_file else "")
    try:
        silent = without_rows(_boards(plan), server, now_ns(), {})
    finally:
        server.close()
    return silent if rows else []


def without_rows(
    boards: Iterable[Mapping[str, Any]], server: Server, end_ns: int, chosen: Mapping[str, Sequence[str]]
) -> list[str]:
    return [
        f"{board['uid']}: {text}"
        for board in boards
        for text in unanswered(list(questions(board, end_ns, chosen)), server)
    ]


def _boards(plan: Plan) -> list[dict[str, Any]]:
    return [_decoded(text, Path(name)) for name, text in build(plan).items()]
