"""Commands about people: accounts, tokens of programs, the audit trail."""

import argparse
import getpass
import sys

import msgspec

from api import accounts, tokens
from api.accounts import By
from api.passwords import hash_password
from api.rights import Role
from app.clock import now_ns
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.record import AuditEntry, User
from store.records import Records


def user(options: argparse.Namespace) -> int:
    """Add, list or disable users."""
    wiring = Wiring(load_settings(options.config))
    records = wiring.records()
    if options.action == "list":
        for known in records.users():
            print(_line(known))  # noqa: T201 - the command's answer
        return 0
    name = _named(options, "user")
    if options.action == "add":
        _demand_scope(wiring, options)
        accounts.demand_departments(options.department)
        _add_user(records, options)
        return 0
    with records.unit() as unit:
        accounts.change(unit, name, "user_disable", _by(), enabled=False)
    return 0


def _demand_scope(wiring: Wiring, options: argparse.Namespace) -> None:
    if options.township or options.site:
        accounts.demand_scope(options.township, options.site, wiring.configuration().assets)


def _line(known: User) -> str:
    marks = [*known.townships, *known.sites, *known.departments]
    marks += [mark for mark, set_ in _marks(known).items() if set_]
    return f"{known.name:<20} {known.role:<14} {' '.join(marks)}".rstrip()


def _marks(known: User) -> dict[str, bool]:
    return {
        known.source: known.source != accounts.LOCAL,
        "break-glass": known.break_glass,
        "disabled": not known.enabled,
    }


def _add_user(records: Records, options: argparse.Namespace) -> None:
    if options.break_glass and (options.township or options.site or options.role not in {None, Role.ADMINISTRATOR}):
        raise ConfigurationError("--break-glass is an administrator who sees everything; leave out role and scope")
    if records.user(options.name) is not None:
        raise ConfigurationError(f"user {options.name} exists already")
    role = Role.ADMINISTRATOR if options.break_glass else Role(options.role or Role.OPERATOR)
    made = User(
        name=options.name,
        display_name=options.display_name or options.name,
        role=role.value,
        password_hash=hash_password(_password(options.name)),
        townships=tuple(options.township),
        sites=tuple(options.site),
        departments=tuple(options.department),
        break_glass=options.break_glass,
    )
    with records.unit() as unit:
        accounts.add(unit, made, _by())


def token(options: argparse.Namespace) -> int:
    """Add, list or revoke tokens; the secret is printed this once."""
    wiring = Wiring(load_settings(options.config))
    records = wiring.records()
    if options.action == "list":
        for known in records.tokens():
            over = "revoked" if known.revoked_ns else "over" if known.expires_ns <= now_ns() else ""
            parts = [*known.rights, *known.townships, *known.sites, over]
            print(f"{known.name:<20} {known.owner:<20} {known.role:<14} {' '.join(parts)}".rstrip())  # noqa: T201
        return 0
    name = _named(options, "token")
    if options.action == "add":
        _demand_scope(wiring, options)
    with records.unit() as unit:
        if options.action == "revoke":
            tokens.revoke(unit, name, _by())
            return 0
        scope = {"townships": options.township, "sites": options.site}
        granted = {"role": options.role, "rights": options.right, "days": options.days}
        secret, _ = tokens.add(unit, _by(), name=name, owner=_owner(options), **granted, **scope)
    print(secret)  # noqa: T201 - after the commit: what is shown holds
    return 0


def _owner(options: argparse.Namespace) -> str:
    if not options.owner:
        raise ConfigurationError("token add: whose is it? Give --owner, an account that answers for it")
    owner: str = options.owner
    return owner


def audit(options: argparse.Namespace) -> int:
    """Verify the chain of hashes, or write the trail to standard output, one JSON object a line."""
    records = Wiring(load_settings(options.config)).records()
    if options.action == "export":
        for entry in records.audit_trail():
            sys.stdout.write(msgspec.json.encode(_exported(entry)).decode() + "\n")
        return 0
    broken = records.broken_audit()
    if broken is not None:
        print(f"gas-lifeline: audit: broken at entry {broken}: it or what was before it is changed", file=sys.stderr)  # noqa: T201
        return 1
    newest = next(iter(records.audit(1)), None)
    print(f"ok: {newest.seq} entries, newest hash {newest.hash}" if newest else "ok: no entries")  # noqa: T201
    return 0


def _exported(entry: AuditEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__}


def _by() -> By:
    return By(getpass.getuser(), now_ns())


def _named(options: argparse.Namespace, what: str) -> str:
    if not options.name:
        raise ConfigurationError(f"{what} {options.action}: which {what}? Give a name")
    name: str = options.name
    return name


def _password(name: str) -> str:
    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    accounts.demand_name(name)
    accounts.demand_password(name, password)
    return password
