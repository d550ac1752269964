"""The hazard ledger inside a unit of work."""

from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from domain.errors import Conflict
from domain.hazard import (
    Attachment,
    Grade,
    Hazard,
    HazardEvent,
    HazardState,
    HazardStep,
    Inspection,
    Origin,
    PublicReport,
    ReportState,
    Supervision,
)
from store import ledger_tables as tables
from store import rows
from store.engine import upsert


class Hazards:
    """What `store.unit.Unit` knows of the ledger.

    Args:
        connection: in a transaction.
    """

    _connection: Connection

    def hazard(self, hazard_id: str) -> Hazard | None:
        row = self._connection.execute(select(tables.hazard).where(tables.hazard.c.id == hazard_id)).one_or_none()
        return None if row is None else to_hazard(row)

    def save_hazard(self, hazard: Hazard) -> None:
        """Write a hazard (Conflict: its version moved since it was read)."""
        column, values = tables.hazard.c, rows.fields(hazard)
        values |= {"supervision": int(hazard.supervision), "version": hazard.version + 1}
        same = (column.id == hazard.id) & (column.version == hazard.version)
        if hazard.version == 0 and self.hazard(hazard.id) is None:
            self._connection.execute(tables.hazard.insert(), values)
        elif self._connection.execute(update(tables.hazard).where(same).values(values)).rowcount != 1:
            raise Conflict("该隐患已被他人修改 / this hazard was changed by somebody else meanwhile")

    def add_hazard_event(self, event: HazardEvent) -> None:
        self._connection.execute(tables.hazard_event.insert(), rows.fields(event, "seq"))

    def last_hazard_event(self, hazard_id: str) -> HazardEvent | None:
        table = tables.hazard_event
        found = select(table).where(table.c.hazard_id == hazard_id).order_by(table.c.seq.desc()).limit(1)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else to_event(row)

    def add_inspection(self, inspection: Inspection) -> None:
        self._connection.execute(tables.inspection.insert(), rows.fields(inspection))

    def public_report(self, report_id: str) -> PublicReport | None:
        table = tables.public_report
        row = self._connection.execute(select(table).where(table.c.id == report_id)).one_or_none()
        return None if row is None else to_report(row)

    def save_public_report(self, report: PublicReport) -> None:
        upsert(self._connection, tables.public_report, [rows.fields(report)])

    def count_attachments(self, hazard_id: str) -> int:
        column = tables.attachment.c
        found = select(func.count()).select_from(tables.attachment).where(column.hazard_id == hazard_id)
        return int(self._connection.execute(found).scalar_one())

    def add_attachment(self, attachment: Attachment, content: bytes) -> None:
        self._connection.execute(tables.attachment.insert(), rows.fields(attachment) | {"content": content})


def _columns(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def to_hazard(row: Row[Any]) -> Hazard:
    kinds = {"grade": Grade(row.grade), "origin": Origin(row.origin), "state": HazardState(row.state)}
    return Hazard(**(_columns(row) | kinds | {"supervision": Supervision(row.supervision)}))


def to_event(row: Row[Any]) -> HazardEvent:
    kinds = {"step": HazardStep(row.step), "before": HazardState(row.before), "after": HazardState(row.after)}
    return HazardEvent(**(_columns(row) | kinds))


def to_inspection(row: Row[Any]) -> Inspection:
    return Inspection(**_columns(row))


def to_report(row: Row[Any]) -> PublicReport:
    return PublicReport(**(_columns(row) | {"state": ReportState(row.state)}))


def to_attachment(row: Row[Any]) -> Attachment:
    return Attachment(**_columns(row))
