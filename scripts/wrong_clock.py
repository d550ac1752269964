"""Run `gas-lifeline` under a wall clock that a file sets wrong, as often as it is written.

    python scripts/wrong_clock.py FILE serve --config config.toml --role connect

The file holds nanoseconds by which the clock is wrong, ahead or, with a minus, behind.
"""

import sys
from pathlib import Path

from app import clock

_right_ns = clock.now_ns
_file = Path(sys.argv[1])


def _wrong_ns() -> int:
    return _right_ns() + int(_file.read_text())


if __name__ == "__main__":
    clock.now_ns = _wrong_ns
    from app.cli import main  # takes the clock as it finds it

    sys.exit(main(sys.argv[2:]))
