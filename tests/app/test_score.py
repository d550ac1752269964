from pathlib import Path

import msgspec
import pytest

from app.cli import main

TRUTH = """\
{"record":"run","seed":7,"start":"2026-01-15T12:00:00+08:00","end":"2026-01-15T13:00:00+08:00","sensors":3}
{"record":"event","kind":"leak","site":"R1","t_on":"2026-01-15T12:10:00+08:00","expected_kind":"gas_high"}
{"record":"event","kind":"vapour","site":"R2","t_on":"2026-01-15T12:10:00+08:00","confounder":"alcohol"}
"""
ALARMS = '{"transition":"raise","time":"2026-01-15T12:12:00+08:00","kind":"gas_high","site":"R1","id":"a"}\n'


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    (tmp_path / "t.ndjson").write_text(TRUTH, encoding="utf-8")
    (tmp_path / "a.ndjson").write_text(ALARMS, encoding="utf-8")
    return ["--truth", str(tmp_path / "t.ndjson"), "--alarms", str(tmp_path / "a.ndjson")]


def test_prints_a_table(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *pair]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "recall                            1.000 (0.206 to 1.000), 1 of 1" in shown
    assert "delay from onset s                median 120, p90 120, max 120" in shown
    assert "fooled by alcohol                 0.000 (0.000 to 0.793), 0 of 1" in shown
    assert not [line for line in shown if "location" in line]


def test_prints_json_over_several_runs(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *pair, *pair, "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert (found["runs"], found["events"], found["recall"]["share"]) == (2, 2, 1.0)


def test_files_must_come_in_pairs_and_be_there(pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *pair, "--alarms", "x"]) == 1
    assert "1 --truth and 2 --alarms; expected as many of each" in capsys.readouterr().err
    assert main(["score", *pair[:2], "--alarms", "none.ndjson"]) == 1
    assert "none.ndjson: No such file" in capsys.readouterr().err
