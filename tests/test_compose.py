"""Compose file and image hold against the rules of Compose and our own; no Docker is needed, and none was asked."""

import copy
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli import _parser
from app.settings import EVERY_ROLE, OPTIONAL_ROLES, SeriesSettings, load_settings
from app.supervisor import only_one
from store.engine import database_file

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "deploy" / "compose"
KEYS = {
    *("profiles", "image", "build", "user", "init", "read_only", "restart", "stop_grace_period", "networks", "tmpfs"),
    *("volumes", "secrets", "cap_drop", "security_opt", "logging", "ports", "environment", "healthcheck", "deploy"),
    *("depends_on", "command", "shm_size"),
}
ENDLESS_WITHOUT_HEALTH = {"simulator"}
ONCE = {"buckets"}
GRAFANA = 12
"""Versions before it have reached their end of life: 11 on 2026-06-25."""
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}
Compose = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Compose:
    found: Compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def problems(compose: Compose) -> list[str]:
    """Everything that Compose would refuse or that we do not want, a line each."""
    services: dict[str, Compose] = compose["services"]
    found = [f"unknown key {key}" for key in compose if not key.startswith("x-") and key not in PARTS]
    for name, service in services.items():
        checks = (shape, references, safety, secrecy, health, order, optional)
        found += [f"{name}: {problem}" for check in checks for problem in check(name, service, compose)]
    builders = [name for name, service in services.items() if "build" in service]
    if len(builders) != 1 or not ours(services[builders[0]]):
        found.append(f"our image is made by {builders}, each of which makes one more of its name")
    serving = [role for service in services.values() if (role := served(service))]
    found += [f"role {role} has {serving.count(role)} services" for role in EVERY_ROLE if serving.count(role) != 1]
    return found


PARTS = {"services", "networks", "volumes", "secrets"}


def shape(_name: str, service: Compose, _compose: Compose) -> Iterator[str]:
    yield from (f"unknown key {key}" for key in service.keys() - KEYS)
    if not re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service.get("image", "")):
        yield f"image {service.get('image')} is not pinned by its version"
    if (old := re.match(r"grafana/grafana:(\d+)", service.get("image", ""))) and int(old[1]) < GRAFANA:
        yield f"image {service['image']} gets no more fixes"


def references(_name: str, service: Compose, compose: Compose) -> Iterator[str]:
    for kind in ("secrets", "networks"):
        yield from (f"no such {kind}: {name}" for name in service.get(kind, []) if name not in compose[kind])
    for volume in service.get("volumes", []):
        source = re.sub(r"\$\{.*?\}", "/installation", volume).split(":")[0]
        if source.startswith("./"):
            if not (ROOT / source).exists():
                yield f"nothing to mount: {source}"
        elif not source.startswith("/") and source not in compose["volumes"]:
            yield f"no such volume: {source}"


def safety(_name: str, service: Compose, _compose: Compose) -> Iterator[str]:
    if not re.fullmatch(r"[1-9]\d*:\d+", service.get("user", "")):
        yield "runs as root"
    if service.get("cap_drop") != ["ALL"] or service.get("security_opt") != ["no-new-privileges:true"]:
        yield "may gain rights"
    for port in service.get("ports", []):
        if not re.match(r"127\.0\.0\.1:|\$\{[A-Z_]+:-127\.0\.0\.1\}:", port):
            yield f"port {port} is open to others"
    if service.get("deploy", {}).get("resources", {}).get("limits", {}).keys() != {"cpus", "memory", "pids"}:
        yield "has no limits"


def secrecy(name: str, service: Compose, _compose: Compose) -> Iterator[str]:
    for key, value in service.get("environment", {}).items():
        if re.search("PASSWORD|TOKEN|SECRET", key):
            place = re.fullmatch(r"/run/secrets/(\w+)", value)
            if not (key.endswith("_FILE") and place and place[1] in service.get("secrets", [])):
                yield f"secret in the environment: {key}"
    if "influx_token" in service.get("secrets", []) and not ours(service) and name != "influxdb":
        yield "holds InfluxDB's token of all rights"


def health(name: str, service: Compose, _compose: Compose) -> Iterator[str]:
    if service.get("restart") != ("on-failure" if name in ONCE else "unless-stopped"):
        yield "is not started again"
    if name not in ENDLESS_WITHOUT_HEALTH | ONCE and service.get("healthcheck", {}).keys() != {
        "test",
        "interval",
        "timeout",
        "retries",
        "start_period",
    }:
        yield "has no health check"
    if (role := served(service)) and service.get("healthcheck", {}).get("test", [])[-1:] != [role]:
        yield "asks for the health of another role"


def order(name: str, service: Compose, compose: Compose) -> Iterator[str]:
    profiles = set(service.get("profiles", []))
    if not profiles or not profiles <= {"demo", "production", "listen"}:
        yield "belongs to no profile"
    for needed, how in service.get("depends_on", {}).items():
        other = compose["services"].get(needed)
        if other is None or not profiles <= set(other["profiles"]):
            yield f"depends on {needed}, which is not there"
        elif how["condition"] == "service_healthy" and "test" not in other.get("healthcheck", {}):
            yield f"waits for the health of {needed}, which has none"
        elif name == "simulator" and ours(other):
            yield "its whole town is silent while it waits for a role"


def optional(_name: str, service: Compose, _compose: Compose) -> Iterator[str]:
    """What not everybody has is no part of the demo; an open port is a decision of its own."""
    if served(service) in OPTIONAL_ROLES and "demo" in service["profiles"]:
        yield "is optional and in the demo"
    if served(service) == "listen" and service["profiles"] != ["listen"]:
        yield "opens a port that nobody asked for"


def ours(service: Compose) -> bool:
    return str(service.get("image", "")).startswith("gas-lifeline:")


def served(service: Compose) -> str:
    command = service.get("command", [])
    return command[command.index("--role") + 1] if "--role" in command else ""


def test_nothing_is_wrong_with_the_compose_file(compose: Compose) -> None:
    assert problems(compose) == []


def put(*path: str, value: object) -> Callable[[Compose], None]:
    def spoil(compose: Compose) -> None:
        *inside, last = path
        for name in inside:
            compose = compose[name]
        compose[last] = value

    return spoil


def drop(*path: str) -> Callable[[Compose], None]:
    def spoil(compose: Compose) -> None:
        *inside, last = path
        for name in inside:
            compose = compose[name]
        del compose[last]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (put("service", value={}), "unknown key service"),
        (put("services", "api", "prots", value=[]), "api: unknown key prots"),
        (put("services", "broker", "image", value="eclipse-mosquitto:latest"), "is not pinned by its version"),
        (put("services", "broker", "image", value="eclipse-mosquitto"), "is not pinned by its version"),
        (put("services", "grafana", "image", value="grafana/grafana:11.6.1"), "11.6.1 gets no more fixes"),
        (put("services", "api", "ports", value=["8000:8000"]), "api: port 8000:8000 is open to others"),
        (put("services", "api", "ports", value=["0.0.0.0:8000:8000"]), "is open to others"),
        (put("services", "grafana", "environment", "GF_SECURITY_ADMIN_PASSWORD", value="admin"), "in the environment"),
        (put("services", "grafana", "secrets", value=["influx_token"]), "token of all rights"),
        (put("services", "postgres", "secrets", value=[]), "secret in the environment: POSTGRES_PASSWORD_FILE"),
        (drop("secrets", "records_url"), "no such secrets: records_url"),
        (drop("volumes", "data"), "no such volume: data"),
        (put("services", "grafana", "volumes", value=["./nowhere:/x:ro"]), "nothing to mount: ./nowhere"),
        (drop("services", "audit"), "role audit has 0 services"),
        (put("services", "write", "command", value=["serve", "--role", "watch"]), "role watch has 2 services"),
        (drop("services", "connect"), "role connect has 0 services"),
        (put("services", "watch", "build", value="."), "our image is made by ['watch', 'api']"),
        (drop("services", "api", "build"), "our image is made by []"),
        (put("services", "connect", "profiles", value=["demo", "production"]), "connect: is optional and in the demo"),
        (put("services", "listen", "profiles", value=["production"]), "listen: opens a port that nobody asked for"),
        (put("services", "listen", "ports", value=["0.0.0.0:26875:26875"]), "listen: port 0.0.0.0:26875:26875 is open"),
        (drop("services", "watch", "user"), "watch: runs as root"),
        (put("services", "postgres", "user", value="0:0"), "postgres: runs as root"),
        (drop("services", "ingest", "cap_drop"), "ingest: may gain rights"),
        (drop("services", "influxdb", "healthcheck"), "influxdb: has no health check"),
        (drop("services", "notify", "deploy"), "notify: has no limits"),
        (drop("services", "notify", "restart"), "notify: is not started again"),
        (put("services", "watch", "depends_on", value={"nobody": {}}), "depends on nobody, which is not there"),
        (
            put("services", "simulator", "depends_on", "ingest", value={"condition": "service_healthy"}),
            "town is silent",
        ),
        (put("services", "broker", "profiles", value=["demo"]), "ingest: depends on broker, which is not there"),
    ],
)
def test_a_spoiled_compose_file_is_found_out(compose: Compose, spoil: Callable[[Compose], None], problem: str) -> None:
    spoiled = copy.deepcopy(compose)
    spoil(spoiled)
    assert any(problem in line for line in problems(spoiled))


def test_our_commands_and_settings_are_those_that_exist(compose: Compose) -> None:
    roles = [service for service in compose["services"].values() if ours(service)]
    for service in roles:
        _parser("").parse_args(service["command"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {service["image"] for service in roles} == {f"gas-lifeline:{version}"}
    keep = compose["services"]["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_RETENTION"]
    assert keep == f"{SeriesSettings().keep_d:g}d"  # a longer one, and `influx init` would refuse to shorten it


@pytest.fixture(params=["demo", "production"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    subprocess.run([COMPOSE / "prepare", request.param, tmp_path / "site"], check=True, capture_output=True)
    return tmp_path / "site"


def test_a_prepared_installation_has_all_that_is_mounted(compose: Compose, site: Path) -> None:
    mounted = re.findall(r"\$\{SITE:[^}]*\}(/[\w/]+)", str(compose["services"]) + str(compose["secrets"]))
    assert len(set(mounted)) == 11
    assert [path for path in mounted if not (site / path[1:]).exists()] == []
    settings = load_settings(site / "config" / "config.toml")
    assert (settings.series.kind, settings.mqtt.host, settings.root) == ("influx", "broker", "gas/v1")
    network = compose["networks"]["front"]["ipam"]["config"][0]
    assert [str(proxy) for proxy in settings.api.proxies] == [network["gateway"]]
    for secret in (settings.series.token_file, settings.records.url_file):
        assert secret is not None
        assert secret.name in compose["secrets"]
    assert (site / "mosquitto" / "mosquitto.conf").exists()
    (source,) = yaml.safe_load((COMPOSE / "grafana" / "influxdb.yaml").read_text(encoding="utf-8"))["datasources"]
    word = source["secureJsonData"]["basicAuthPassword"]  # 2.7 answers 401 to "Token USER:PASSWORD"
    assert source["basicAuth"]
    assert re.findall(r"\$__file{/run/secrets/(\w+)}", word) == ["influx_reader_password"]
    assert "influx_reader_password" in compose["services"]["grafana"]["secrets"]
    user, password = (
        (site / "secrets" / name).read_text("ascii") for name in ("influx_reader", "influx_reader_password")
    )
    assert user == f"{source['basicAuthUser']}:{password}"


def test_secrets_are_random_and_behind_a_closed_door(site: Path, tmp_path: Path) -> None:
    words = {file.name: file.read_text(encoding="ascii") for file in (site / "secrets").iterdir()}
    password = words.pop("records_password")
    assert words.pop("records_url") == f"postgresql+psycopg://lifeline:{password}@postgres:5432/records\n"
    assert database_file(f"postgresql+psycopg://lifeline:{password}@postgres:5432/records") is None
    user, _, words["influx_reader"] = words["influx_reader"].partition(":")
    assert (user, words.pop("influx_reader_password")) == ("grafana", words["influx_reader"])
    assert words.pop("console_token") == ""  # nobody can make one before there is an account
    assert len({password, *words.values()}) == 5
    assert {len(word) for word in words.values()} == {48}
    assert site.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in site.rglob("*"))
    again = subprocess.run([COMPOSE / "prepare", "demo", site], check=False, capture_output=True, text=True)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    assert subprocess.run([COMPOSE / "prepare", "demo", tmp_path / "b"], check=True, capture_output=True).stdout
    assert (tmp_path / "b" / "secrets" / "influx_token").read_text(encoding="ascii") != words["influx_token"]


def test_the_image_holds_every_package_and_runs_as_nobody() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    images = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-[a-z-]+", image) for image in images)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert "chmod -R a+rX ." in "\n".join(lines)  # a checkout may be closed to others
    locked = set(re.findall(r"-r (requirements/\w+\.txt)", "\n".join(lines)))
    assert locked == {f"requirements/{name}.txt" for name in ("build", "service", "postgres")}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert let_in >= PACKAGES | {"examples", "requirements", "rulebook.toml", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in let_in | locked)


def test_the_broker_is_healthy_while_it_listens_on_either_port(compose: Compose, tmp_path: Path) -> None:
    ports = [f"0: {'0' * 8}:{int(line.split()[1]):04X}" for line in configuration("listener")]
    table = tmp_path / "tcp"
    program, *asked = compose["services"]["broker"]["healthcheck"]["test"][1:-2]

    def healthy(*lines: str) -> bool:
        table.write_text("\n".join(lines), encoding="ascii")
        command = [program, *asked, table, tmp_path / "none"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    assert len(ports) == 2
    for port in ports:
        assert healthy("local rem st", f"{port} 00000000:0000 0A 00000000:00000000")
        assert not healthy(f"{port} 0100007F:A2C4 01 00000000:00000000")  # a visitor, and nobody listens any more
    assert not healthy("0: 00000000:0016 00000000:0000 0A")


def configuration(word: str) -> list[str]:
    files = (COMPOSE / "demo.mosquitto.conf", ROOT / "deploy" / "mosquitto" / "mosquitto.conf")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line.startswith(word)]


TRACES = {
    "ingest": "ingestpulse.json",
    "watch": "snapshots/snapshot-000000000007.bin",
    "write": "series-cursor.db",
    "notify": "notifypulse.json",
    "listen": "listenpulse.json",
    "connect": "connectpulse.json",
}


@pytest.mark.skipif(shutil.which("find") is None, reason="find is not installed")
@pytest.mark.parametrize("role", [role for role in EVERY_ROLE if role != "api"])
def test_a_role_is_healthy_while_it_leaves_fresh_traces(tmp_path: Path, role: str) -> None:
    def healthy() -> bool:
        command = [str(COMPOSE / "healthy"), role]
        environment = os.environ | {"GAS_LIFELINE_DATA": str(tmp_path)}
        return subprocess.run(command, check=False, capture_output=True, env=environment).returncode == 0

    assert not healthy()
    if role == "audit":
        with only_one(tmp_path, role):
            assert healthy()
    else:
        trace = tmp_path / TRACES[role]
        trace.parent.mkdir(exist_ok=True)
        trace.touch()
        assert healthy()
        age = trace.stat().st_mtime - 3_600
        os.utime(trace, (age, age))
    assert not healthy()


def test_a_name_that_is_no_role_is_not_healthy() -> None:
    assert subprocess.run([COMPOSE / "healthy", "gate"], check=False, capture_output=True).returncode == 1
