"""Arguments of commands that argparse alone cannot check."""

import argparse

from api.tokens import MOST_DAYS


def days(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r}; expected 1 to {MOST_DAYS}")
    return number


def period(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 31:  # noqa: PLR2004 - of the longest month
        raise argparse.ArgumentTypeError(f"{text!r}; expected 1 to 31")
    return number


def rows(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number")
    return int(text)
