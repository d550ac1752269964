"""The chaos, larger than the suite has it: ``python -m tests.end_to_end.chaos_run --incidents 200 --seed 7``."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.end_to_end.chaos import Chaos


def main() -> int:
    """Run once and print the ledger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=int, default=1_800, metavar="S")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(Path(folder), options.incidents, options.seed, until_s=options.until)
        ledger = chaos.run()
    print(f"{ledger}, silent {len(chaos.silent)}, kills {chaos.kills}")  # noqa: T201 - the answer
    return 1 if ledger.lost or ledger.late or ledger.unexpected or chaos.silent else 0


if __name__ == "__main__":
    sys.exit(main())
