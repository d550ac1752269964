"""How values of the command line are read; a wrong one is told with what was expected."""

import argparse
from collections.abc import Callable


def days(most: int) -> Callable[[str], int]:
    """Give what reads a number of days from 1 on."""

    def read(text: str) -> int:
        found = int(text) if text.isascii() and text.isdigit() else 0
        if not 1 <= found <= most:
            raise argparse.ArgumentTypeError(f"{text!r}; expected 1 to {most}")
        return found

    return read


def rows(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number")
    return int(text)
