"""The command `gas-lifeline`: parse, call, and turn a user's mistake into one clear line."""

import argparse
import os
import select
import sys
from collections.abc import Sequence

from app.commands import COMMANDS
from app.logs import complain, set_up_logs
from app.parser import Command
from domain.errors import GasLifelineError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code: 0 only on success."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(next(iter(given), "")).parse_args(given)
    set_up_logs()
    command: Command = options.command
    try:
        code = command(options)
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_left():
            raise
        return 141  # as of a program that SIGPIPE ends
    except GasLifelineError as error:
        for problem in getattr(error, "problems", None) or [str(error)]:
            complain(problem)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _reader_left() -> bool:
    """Tell whether whoever read our output has gone, as `head` does; if so, what is left of it goes nowhere."""
    output, asked = sys.stdout.fileno(), select.poll()
    asked.register(output, 0)
    left = any(event & select.POLLERR for _, event in asked.poll(0))
    if left:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return left


def _parser(asked: str) -> argparse.ArgumentParser:
    """Build the parser of one command; of all where it is none: for the help, and for who mistyped."""
    parser = argparse.ArgumentParser(prog="gas-lifeline", description="Gas safety of a city, from sensor to person.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in [asked] if asked in COMMANDS else COMMANDS:
        COMMANDS[name](commands)
    return parser
