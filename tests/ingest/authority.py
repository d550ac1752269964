"""Authorities and certificates of a test's own, made by the very commands that deploy/mosquitto/README.md shows."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.link import Tls

DEPLOY = Path(__file__).parents[2] / "deploy" / "mosquitto"


class Authority:
    """Signs certificates.

    Attributes:
        folder: where they lie, with `ca.pem`, `broker.pem` and `broker.key`.
    """

    def __init__(self, folder: Path, broker_name: str = "IP:127.0.0.1") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed (Debian package openssl)")
        self.folder = folder
        folder.mkdir()
        readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
        authority, broker, self._device = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
        self._run(authority)
        assert "DNS:broker.example" in broker
        self._run(broker.replace("DNS:broker.example", broker_name))

    def certify(self, name: str) -> Tls:
        """Sign a client certificate with this common name."""
        assert "/CN=DL-GD-0001" in self._device
        self._run(re.sub(r"\bdevice\.", f"{name}.", self._device).replace("/CN=DL-GD-0001", f"/CN={name}"))
        return Tls(self.folder / "ca.pem", self.folder / f"{name}.pem", self.folder / f"{name}.key")

    def _run(self, commands: str) -> None:
        subprocess.run(["/bin/sh", "-e", "-c", commands], cwd=self.folder, check=True, capture_output=True)
