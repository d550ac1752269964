"""Units of systemd: what they start exists, they start every role, and systemd itself understands them."""

import os
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import _parser
from app.settings import EVERY_ROLE, OPTIONAL_ROLES, ROLES

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "deploy" / "systemd"
TEMPLATE, TARGET = "gas-lifeline@.service", "gas-lifeline.target"
HARD = {
    **dict.fromkeys(("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID"), "yes"),
    **dict.fromkeys(("MemoryDenyWriteExecute", "PrivateUsers"), "yes"),
    **dict.fromkeys(("ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups"), "yes"),
    "ProtectSystem": "strict",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service\n~@privileged @resources",
    "Restart": "always",
}


def unit(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def problems(template: str, target: str) -> list[str]:
    service, wanted = unit(template), {name for names in unit(target)["Wants"] for name in names.split()}
    found = [f"{key} is not {value!r}" for key, value in HARD.items() if service.get(key) != value.split("\n")]
    if service.get("User", ["root"]) == ["root"]:
        found.append("runs as root")
    (start,) = service["ExecStart"]
    program, *arguments = shlex.split(start)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    if Path(program).name not in scripts:
        found.append(f"no such command: {program}")
    for role in EVERY_ROLE:
        try:
            _parser("").parse_args([argument.replace("%i", role) for argument in arguments])
        except SystemExit:
            found.append(f"{start} is refused for {role}")
    found += [f"{name} is not wanted" for role in ROLES if (name := f"gas-lifeline@{role}.service") not in wanted]
    found += [f"{name} is not for everybody" for name in wanted if name.removesuffix(".service")[13:] in OPTIONAL_ROLES]
    if service.get("WantedBy") != [TARGET]:
        found.append("who enables a role by its name does not put it under the target")
    return found


def texts() -> tuple[str, str]:
    return (UNITS / TEMPLATE).read_text(encoding="utf-8"), (UNITS / TARGET).read_text(encoding="utf-8")


def test_units_start_every_role_of_ours_and_let_it_do_little() -> None:
    assert problems(*texts()) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("User=gas-lifeline\n", "", "runs as root"),
        ("NoNewPrivileges=yes", "NoNewPrivileges=no", "NoNewPrivileges is not 'yes'"),
        ("Restart=always", "Restart=no", "Restart is not 'always'"),
        ("bin/gas-lifeline serve", "bin/lifeline serve", "no such command: /opt/gas-lifeline/.venv/bin/lifeline"),
        ("--role %i", "--roll %i", "is refused for ingest"),
        ("WantedBy=gas-lifeline.target", "WantedBy=multi-user.target", "does not put it under the target"),
    ],
)
def test_a_spoiled_unit_is_found_out(old: str, new: str, problem: str) -> None:
    template, target = texts()
    assert old in template
    assert any(problem in line for line in problems(template.replace(old, new), target))


def test_a_role_that_nobody_starts_is_found_out() -> None:
    template, target = texts()
    assert problems(template, target.replace("gas-lifeline@audit.service", "")) == [
        "gas-lifeline@audit.service is not wanted"
    ]
    everybody = target.replace("@audit.service", "@audit.service gas-lifeline@listen.service")
    assert problems(template, everybody) == ["gas-lifeline@listen.service is not for everybody"]


def verify(folder: Path, change: Callable[[str], str]) -> str:
    """Let systemd read the units; give what it says."""
    template, target = texts()
    (folder / TARGET).write_text(target, encoding="utf-8")
    program = shlex.split(unit(template)["ExecStart"][0])[0]
    for role in EVERY_ROLE:  # whether the program is installed is not its matter here
        text = change(template.replace(program, "/bin/true"))
        (folder / f"gas-lifeline@{role}.service").write_text(text, encoding="utf-8")
    files = [str(path) for path in sorted(folder.iterdir())]
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:"}
    command = ["systemd-analyze", "verify", "--man=no", *files]
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return "\n".join(line for line in run.stderr.splitlines() if str(folder) in line or "gas-lifeline" in line)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    assert verify(tmp_path, lambda text: text) == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_would_say_what_it_does_not_understand(tmp_path: Path) -> None:
    assert "Restrt" in verify(tmp_path, lambda text: text.replace("Restart=", "Restrt="))
