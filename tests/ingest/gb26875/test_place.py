import pytest

from ingest.gb26875.place import Place, parse_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("889", Place(889)),
        ("281474976710655/65535/0", Place(2**48 - 1, (65_535, 0))),
        ("889;checksum=sum_from_command", Place(889, None, "sum_from_command")),
        ("889/3/1;started=open;checksum=xor", Place(889, (3, 1), "xor", "open")),
    ],
)
def test_a_place_is_an_address_and_what_the_vendor_does_otherwise(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text", ["x", "-1", "1/2", "281474976710656", "1/65536/1", "1;checksum=crc", "1;started=yes", "1;", "1;color=red"]
)
def test_anything_else_is_one_clear_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"gb26875 is '.*'; expected"):
        parse_place(text)
