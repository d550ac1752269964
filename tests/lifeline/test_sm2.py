"""The worked example of GB/T 32918.5 (GM/T 0003.5), and what `gmssl` alone would let pass."""

import pytest
from gmssl.sm2 import default_ecc_table
from hypothesis import given, settings
from hypothesis import strategies as st

from lifeline.sm2 import USER_ID, PrivateKey, PublicKey, digest, parse_private, parse_public

N = int(default_ecc_table["n"], 16)
NUMBER = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
POINT = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
E = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
SIGNATURE = (
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
KEY = parse_private(NUMBER)
"""Its point begins with a nought, of which `gmssl` would strip it."""
TEXT = b"message digest"


def pair(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def test_the_published_example_is_signed_and_verified() -> None:
    assert KEY.public == parse_public(POINT) == parse_public(f"04{POINT.upper()}")
    assert digest(KEY.public, TEXT, USER_ID).hex() == E
    assert KEY.sign(TEXT, below=lambda _: NONCE - 1).hex() == SIGNATURE
    assert KEY.public.verify(TEXT, bytes.fromhex(SIGNATURE))


def test_another_text_user_or_key_and_a_changed_signature_are_refused() -> None:
    signature = bytes.fromhex(SIGNATURE)
    other = PrivateKey(7).public
    assert not KEY.public.verify(b"message", signature)
    assert not KEY.public.verify(TEXT, signature, "ALICE123@YAHOO.COM")
    assert not other.verify(TEXT, signature)
    assert not KEY.public.verify(TEXT, signature[:-1] + b"\0")


@pytest.mark.parametrize("short", [b"", bytes(64), pair(0, 1), pair(1, 0), pair(N, 1), pair(1, N), pair(1, N - 1)])
def test_numbers_out_of_range_are_no_signature(short: bytes) -> None:
    assert not KEY.public.verify(TEXT, short)
    assert not KEY.public.verify(TEXT, bytes.fromhex(SIGNATURE) + b"\0")


@pytest.mark.parametrize("sign", [1, -1])
def test_points_that_meet_are_no_signature_and_no_fault(sign: int) -> None:
    t = 12_345
    s = sign * t * KEY.number % N  # sG is tP, or its opposite: their sum is the point at infinity
    assert not KEY.public.verify(TEXT, pair((t - s) % N, s))


@pytest.mark.untraced
@settings(max_examples=4, deadline=None)
@given(st.integers(1, N - 2), st.binary(max_size=99), st.text(min_size=1, max_size=9))
def test_what_is_signed_is_verified_whatever_key_text_and_user(number: int, text: bytes, user: str) -> None:
    key = PrivateKey(number)
    assert parse_public(key.public.digits).verify(text, key.sign(text, user), user)


@pytest.mark.parametrize("text", ["", "xyz", POINT[:-1], POINT[:-1] + "4", "0" * 128, "f" * 128, f"03{POINT}"])
def test_what_is_no_point_of_the_curve_is_no_public_key(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_public(text)


@pytest.mark.parametrize("text", ["", "12", "g" * 64, "0" * 64, "f" * 64, f"{N - 1:064x}"])
def test_what_is_no_number_of_the_group_is_no_private_key_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_private(text)
    assert not text or text not in str(caught.value)


def test_the_private_key_is_not_shown() -> None:
    assert NUMBER not in repr(KEY)
    assert str(KEY.number) not in repr(KEY)
    assert isinstance(KEY.public, PublicKey)
