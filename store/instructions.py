"""What the platforms of the city told us to do: inside a unit of work, and as people and the connector read it."""

from sqlalchemy import Connection, delete, select

from domain.errors import Conflict
from domain.instruction import INQUIRY, Instruction, Reply
from store import city_tables as tables
from store import rows
from store.reading import Reading


class Instructions:
    """What `store.unit.Unit` knows of instructions.

    Args:
        connection: in a transaction.
    """

    _connection: Connection

    def instruction(self, target: str, instruction_id: str) -> Instruction | None:
        column = tables.instruction.c
        found = select(tables.instruction).where(column.target == target, column.id == instruction_id)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else rows.to(Instruction, row)

    def add_instruction(self, instruction: Instruction) -> None:
        self._connection.execute(tables.instruction.insert(), rows.fields(instruction, "seq"))

    def inquiry(self, seq: int) -> Instruction | None:
        column = tables.instruction.c
        found = select(tables.instruction).where(column.seq == seq, column.kind == INQUIRY)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else rows.to(Instruction, row)

    def add_reply(self, reply: Reply) -> None:
        """Write an answer down (Conflict: there is one)."""
        column = tables.reply.c
        same = (column.target == reply.target) & (column.instruction_id == reply.instruction_id)
        if self._connection.execute(select(column.seq).where(same)).one_or_none() is not None:
            raise Conflict("该查岗已应答 / this inquiry was answered already")
        self._connection.execute(tables.reply.insert(), rows.fields(reply, "seq"))

    def forget_instructions(self, before_ns: int, limit: int) -> int:
        """Drop those that are older among the oldest `limit` instructions and answers each; give their number."""
        gone = 0
        for table, when in ((tables.instruction, "received_ns"), (tables.reply, "time_ns")):
            oldest = select(table.c.seq, table.c[when]).order_by(table.c.seq).limit(limit)
            old = [seq for seq, time_ns in self._connection.execute(oldest) if time_ns < before_ns]
            gone += self._connection.execute(delete(table).where(table.c.seq.in_(old))).rowcount if old else 0
        return gone


class Inquiries(Reading):
    """What `store.records.Records` knows of them."""

    def inquiries(self, limit: int = 50) -> list[tuple[Instruction, Reply | None]]:
        """Give the latest inquiries with their answers, the newest first."""
        asked, reply = tables.instruction.c, tables.reply.c
        newest = select(tables.instruction).where(asked.kind == INQUIRY).order_by(asked.seq.desc()).limit(limit)
        found = self._all(lambda row: rows.to(Instruction, row), newest)
        answers = select(tables.reply).where(reply.instruction_id.in_([one.id for one in found]))
        known = {(r.target, r.instruction_id): r for r in self._all(lambda row: rows.to(Reply, row), answers)}
        return [(one, known.get((one.target, one.id))) for one in found]

    def replies_after(self, target: str, seq: int, limit: int) -> list[Reply]:
        """Give what was answered to a target, in order."""
        column = tables.reply.c
        query = select(tables.reply).where(column.target == target, column.seq > seq).order_by(column.seq)
        return self._all(lambda row: rows.to(Reply, row), query.limit(limit))
