"""The forms of a report: a page to read and print, JSON for programs, a workbook for who counts on."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from ledger import workbook
from ledger.reports.page import page
from ledger.reports.report import Report
from ledger.reports.sheets import sheets


class Form(NamedTuple):
    """How a report is written, and what its bytes are to a browser."""

    write: Callable[[Report], bytes]
    media: str


FORMS = {
    "html": Form(lambda made: page(made).encode(), "text/html; charset=utf-8"),
    "json": Form(lambda made: msgspec.json.format(msgspec.json.encode(made)) + b"\n", "application/json"),
    "xlsx": Form(lambda made: workbook.written(sheets(made)), workbook.MEDIA),
}
"""By the end of the file's name."""
