"""Evidence of an incident as one zip: what came, what was decided, who was told, who did what.

Each part is one JSON object a line. `manifest.json` names them in order with the SHA-256 of each and a chain over all:
`chain = sha256(chain before + name + sha256)`, as hexadecimal text. `gas-lifeline evidence verify` computes it anew.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import msgspec
from fastapi import Response

from api.services import Services
from domain.alarm import Alarm
from domain.record import Incident

BEFORE_NS, AFTER_NS = 300_000_000_000, 60_000_000_000
"""Frames from so long before the first transition until so long after the last."""
_MOST = 100_000
MANIFEST = "manifest.json"


def evidence_of(services: Services, alarms: Sequence[Alarm], incident: Incident | None) -> dict[str, bytes]:
    """Collect the parts by name, in the order of the chain."""
    records = services.records
    journal = [entry for alarm in alarms for entry in records.journal(alarm_id=alarm.id, limit=_MOST)]
    if incident is not None:
        ours = {alarm.id for alarm in alarms}
        journal = [entry for entry in records.journal(incident_id=incident.id, limit=_MOST) if entry.alarm_id in ours]
    begun_ns = min((entry.time_ns for entry in journal), default=services.clock_ns()) - BEFORE_NS
    until_ns = max((entry.time_ns for entry in journal), default=services.clock_ns()) + AFTER_NS
    devices = {
        device.id for site in {alarm.site for alarm in alarms} for device in services.assets.by_site.get(site, ())
    }
    named = {alarm.id for alarm in alarms} | ({incident.id} if incident else set()) | devices
    parts: dict[str, Iterable[object]] = {
        "incident.ndjson": [] if incident is None else [incident],
        "alarms.ndjson": alarms,
        "decisions.ndjson": journal,
        "notices.ndjson": [notice for alarm in alarms for notice in records.notices(alarm_id=alarm.id, limit=_MOST)],
        "steps.ndjson": [] if incident is None else records.steps(incident.id),
        "commands.ndjson": [c for device in sorted(devices) for c in records.commands(device=device)],
        "audit.ndjson": [e for e in records.audit_trail() if e.time_ns >= begun_ns and e.target.split("/")[0] in named],
        "frames.ndjson": [
            {"position": f.position, "received_ns": f.received_ns, "topic": f.topic, "payload": f.payload}
            for f in services.frames(devices, begun_ns, until_ns)
        ],
    }
    return {name: b"".join(_line(one) for one in found) for name, found in parts.items()}


def _line(found: object) -> bytes:
    plain = found if isinstance(found, Mapping) else asdict(found)  # type: ignore[call-overload]
    return msgspec.json.encode(plain) + b"\n"


def chain(parts: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Link the parts.

    Example:
        >>> [link["name"] for link in chain({"a": b"1", "b": b"2"})]
        ['a', 'b']
        >>> chain({"a": b"1", "b": b"2"})[1] == chain({"a": b"x", "b": b"2"})[1]
        False
    """
    links, before = list[dict[str, str]](), ""
    for name, content in parts.items():
        digest = hashlib.sha256(content).hexdigest()
        before = hashlib.sha256(f"{before}{name}{digest}".encode()).hexdigest()
        links.append({"name": name, "sha256": digest, "chain": before})
    return links


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Pack the parts and their manifest; the same evidence gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = msgspec.json.format(msgspec.json.encode(chain(parts)), indent=2)
        for part, content in {**parts, MANIFEST: manifest}.items():
            archive.writestr(zipfile.ZipInfo(part), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def zipped(name: str, parts: Mapping[str, bytes]) -> Response:
    """Answer with the pack as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return Response(packed(parts), media_type="application/zip", headers=headers)


def broken(archive: bytes) -> str:
    """Compute the chain of a zip anew; "" where it holds, else what does not (also for what is no such zip)."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            manifest = msgspec.json.decode(opened.read(MANIFEST), type=list[dict[str, str]])
            parts = {link["name"]: opened.read(link["name"]) for link in manifest}
            extra = set(opened.namelist()) - parts.keys() - {MANIFEST}
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError) as error:
        return f"no evidence: {error}"
    if extra:
        return f"not in the manifest: {', '.join(sorted(extra))}"
    for said, found in zip(manifest, chain(parts), strict=True):
        if said != found:
            return f"{found['name']} is not what the manifest says"
    return ""
