"""Types of columns that SQLite and PostgreSQL share."""

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, TypeDecorator
from sqlalchemy import Text as AnyText
from sqlalchemy.engine import Dialect

from domain.location import Location
from domain.record import Way


class Text(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL refuses: one in a device's `boot_id` must not stop the watch for ever."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect  # the same in both: the databases tell one story
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value and "\0" in value else value


class Counts(TypeDecorator[tuple[tuple[str, int], ...]]):
    """How many of each name, as a JSON list of pairs."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: tuple[tuple[str, int], ...] | None, dialect: Dialect) -> str:
        del dialect
        return msgspec.json.encode(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[tuple[str, int], ...]:
        del dialect
        return msgspec.json.decode(value or "[]", type=tuple[tuple[str, int], ...])


class Names(TypeDecorator[tuple[str, ...]]):
    """A few names, as a JSON list."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        del dialect
        return msgspec.json.encode(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        del dialect
        return msgspec.json.decode(value or "[]", type=tuple[str, ...])


class Ways(TypeDecorator[tuple[Way, ...]]):
    """Ways to reach a person, as a JSON list."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: tuple[Way, ...] | None, dialect: Dialect) -> str:
        del dialect
        return msgspec.json.encode(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Way, ...]:
        del dialect
        return msgspec.json.decode(value or "[]", type=tuple[Way, ...])


class Located(TypeDecorator[Location]):
    """A possible place, as JSON."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: Location | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Location | None:
        del dialect
        return None if value is None else msgspec.json.decode(value, type=Location)


_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


def text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False)


def integer(name: str, *, nullable: bool = False) -> "Column[int]":
    return Column(name, BigInteger, nullable=nullable)


def flag(name: str) -> "Column[bool]":
    return Column(name, Boolean, nullable=False)


def real(name: str) -> "Column[float]":
    return Column(name, Float(53), nullable=True)


def serial(name: str) -> "Column[int]":
    return Column(name, _SERIAL, primary_key=True, autoincrement=True)


def names(name: str) -> "Column[tuple[str, ...]]":
    return Column(name, Names, nullable=False)
