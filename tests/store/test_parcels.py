from dataclasses import replace

from domain.parcel import Parcel, ParcelState
from store.records import Records

LIMITS = {"alarm": 9, "disposal": 9}


def test_parcels_are_leased_in_order_settled_revived_and_forgotten(url: str) -> None:
    records = Records(url)
    records.upgrade()
    kinds = ["alarm", "alarm", "disposal", "alarm"]
    parcels = [Parcel("t", kind, "a", f"j{n}", "{}", made_ns=5) for n, kind in enumerate(kinds)]
    for _ in range(2):  # what is known changes nothing
        records.enqueue(parcels, {"city/t/journal": 4})
    first = records.lease_parcels("t", 10, 5, LIMITS)
    assert [parcel.version for parcel in first] == ["j0", "j1"]
    assert records.lease_parcels("t", 14, 5, LIMITS) == []
    records.settle_parcels([replace(first[0], state=ParcelState.DEAD, answer="no"), replace(first[1], alone=True)])
    assert [parcel.version for parcel in records.lease_parcels("t", 15, 5, LIMITS)] == ["j1"]
    records.settle_parcels([replace(first[1], state=ParcelState.ACCEPTED)])  # its lease is over
    assert (records.backlog("t").waiting, records.backlog("t").dead, records.backlog("t").oldest_ns) == (3, 1, 5)
    assert [(p.version, p.answer) for p in records.dead_parcels("t")] == [("j0", "no")]
    again = records.lease_parcels("t", 20, 5, LIMITS)
    records.settle_parcels([replace(parcel, state=ParcelState.ACCEPTED, settled_ns=20) for parcel in again])
    assert records.backlogs()["t"].accepted_ns == 20
    assert records.revive_parcels("t") == 0  # a later state went before it
    assert records.newest_versions("t", "alarm") == {"a": "j3"}
    assert records.forget_parcels("t", ["alarm"], 21, 9) == 1
    assert records.cursor("city/t/journal") == 4
    records.close()
