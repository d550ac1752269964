import socket
import threading
from pathlib import Path

import pytest

from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError
from ingest.gb26875.frame import Command, Frame, decode_frame
from tests.app.support import write_town
from tests.ingest.gb26875.vectors import VECTORS
from tests.ingest.support import wait_until

V1 = VECTORS["V1"]


def wiring(folder: Path, more: str) -> Wiring:
    config = write_town(folder)
    with config.open("a", encoding="utf-8") as file:
        file.write(more)
    return Wiring(load_settings(config))


def test_role_listen_runs_only_where_it_is_configured(tmp_path: Path) -> None:
    silent = wiring(tmp_path, "")
    assert "listen" not in silent.settings.roles
    with pytest.raises(ConfigurationError, match=r"listen\.enabled"):
        silent.roles(["listen"])["listen"](threading.Event())


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_it_acknowledges_is_in_the_log(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listening = wiring(tmp_path, f"[listen]\nenabled = true\nport = {port}\n")
    assert listening.settings.roles[-1] == "listen"
    stop = threading.Event()
    role = threading.Thread(target=listening.roles(["listen"])["listen"], args=(stop,), daemon=True)
    role.start()
    answers: list[bytes] = []

    def answered() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                line.sendall(V1)
                answers.append(line.recv(100))
        except OSError:
            return False
        return True

    wait_until(answered)
    stop.set()
    role.join(timeout=20)
    assert listening.optional()["listen"]().oldest_ns > 0
    assert "connect" not in listening.optional()
    denial = decode_frame(answers[0])
    assert isinstance(denial, Frame)
    assert denial.command == Command.DENY  # nobody of this town has its address, and yet it is kept
    (logged,) = listening.log().read(0)
    assert (logged.topic, logged.payload) == ("gas/v1/_listen/1001/gb26875", V1)
