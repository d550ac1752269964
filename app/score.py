"""`gas-lifeline score`: alarms against the truth of the run that raised them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from domain.errors import ConfigurationError
from simulator.score import figures, tally
from simulator.score_files import AlarmLine, Truth, read_alarms, read_truth

_NAMES = {"unexpected_leaks_told": "told of leaks nobody asked for"}


def run_score(truths: Sequence[Path], alarms: Sequence[Path], *, as_json: bool) -> int:
    """Score each pair of files, and print what they give together."""
    if len(truths) != len(alarms):
        raise ConfigurationError(
            f"{len(truths)} --truth and {len(alarms)} --alarms; expected as many of each, in pairs"
        )
    found = figures([tally(*read_pair(*pair)) for pair in zip(truths, alarms, strict=True)])
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() if as_json else "\n".join(_table(found)))  # noqa: T201 - the command's answer
    return 0


def read_pair(truth: Path, alarms: Path) -> tuple[Truth, list[AlarmLine]]:
    """Read the files of one run (ConfigurationError: which cannot be read, and where)."""
    return read_truth(_lines(truth), str(truth)), read_alarms(_lines(alarms), str(alarms))


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _table(found: Mapping[str, object]) -> list[str]:
    rows: list[str] = []
    for name, value in found.items():
        if name == "confounders" and isinstance(value, Mapping):
            rows += [f"{f'fooled by {kind}':<34}{_shown(share)}" for kind, share in value.items()]
        elif value is not None:
            rows.append(f"{_NAMES.get(name, name.replace('_', ' ')):<34}{_shown(value)}")
    return rows


def _shown(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    if "share" in value:
        return f"{value['share']:.3f} ({value['low']:.3f} to {value['high']:.3f}), {value['hits']} of {value['of']}"
    return ", ".join(f"{name} {number:g}" for name, number in value.items())
