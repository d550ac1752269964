import base64
import hashlib
import hmac

import msgspec
import pytest

from lifeline.mapping import Crypto
from lifeline.seal import Keys, NotSealed, Seal, opens, sign, sm4_cbc_open
from lifeline.sm2 import PrivateKey
from lifeline.sm3 import sm3
from tests.lifeline.support import START_NS

KEYS = Keys("word", "secret", bytes(range(16)))


def close(crypto: Crypto) -> tuple[bytes, dict[str, str]]:
    return Seal(crypto, KEYS, lambda: START_NS, bytes).close("/alarm", b'{"a":1}')


def test_a_call_carries_token_time_nonce_and_signature() -> None:
    crypto = Crypto(
        token_header="Authorization",  # noqa: S106 - a name
        token_prefix="Bearer ",  # noqa: S106
        signature="hmac-sha256",
        over="{path}.{timestamp}.{nonce}.{body}",
        nonce_header="X-Nonce",
    )
    body, headers = close(crypto)
    text = f"/alarm.1768449600000.{'00' * 16}.".encode() + body
    assert body == b'{"a":1}'
    assert headers["Authorization"] == "Bearer word"
    assert headers["X-Signature"] == hmac.new(b"secret", text, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("signature", ["hmac-sha256", "hmac-sm3", "sm3"])
def test_a_signature_is_of_its_text_and_base64_where_that_is_wanted(signature: str) -> None:
    plain, other = msgspec.convert({"signature": signature}, Crypto), Crypto(signature="sm3", encoding="base64")
    assert sign(plain, KEYS, b"text") != sign(plain, KEYS, b"texts")
    assert base64.b64decode(sign(other, KEYS, b"text")) == sm3(b"text")


def test_a_plain_digest_holds_the_secret() -> None:
    headers = close(Crypto(signature="sm3", over="{body}{secret}", timestamp_header=""))[1]
    assert headers["X-Signature"] == sm3(b'{"a":1}secret').hex()
    assert "X-Timestamp" not in headers


def test_a_hidden_body_opens_with_the_key_alone() -> None:
    body, _ = close(Crypto(body="sm4-cbc"))
    hidden = {name: base64.b64decode(text) for name, text in msgspec.json.decode(body).items()}
    assert sm4_cbc_open(KEYS.sm4, hidden["iv"], hidden["data"]) == b'{"a":1}'
    with pytest.raises(ValueError, match="padding"):
        sm4_cbc_open(bytes(16), hidden["iv"], hidden["data"])


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(KEYS)


def test_what_is_sealed_is_opened_hidden_or_not_and_under_no_other_key() -> None:
    crypto = Crypto(signature="hmac-sm3", encoding="base64", nonce_header="X-Nonce", body="sm4-cbc")
    body, headers = close(crypto)
    assert Seal(crypto, KEYS, lambda: START_NS, bytes).open("/alarm", body, headers) == b'{"a":1}'
    other = Seal(crypto, Keys("word", "secret", bytes(16)), lambda: START_NS, bytes)
    with pytest.raises(NotSealed, match="body"):
        other.open("/alarm", body, headers)
    with pytest.raises(NotSealed, match="body"):
        other.open("/alarm", b"\xff", headers)


def test_a_seal_without_key_or_time_opens_nothing() -> None:
    kinds = [Crypto(signature="hmac-sm3"), Crypto(), Crypto(signature="sm3", over="{secret}{timestamp}{body}")]
    kinds += [Crypto(signature="hmac-sm3", over="{body}"), Crypto(signature="hmac-sm3", timestamp_header="")]
    assert [opens(crypto) for crypto in kinds] == [True, False, False, False, False]


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_call_signed_by_sm2_opens_with_the_public_key_of_who_signed_it(encoding: str) -> None:
    crypto = msgspec.convert({"signature": "sm2-sm3", "encoding": encoding, "user_id": "dali"}, Crypto)
    theirs, ours = PrivateKey(7), PrivateKey(8)
    body, headers = Seal(crypto, Keys(sm2=theirs), lambda: START_NS, bytes).close("/a", b"{}")
    keys = [Keys(sm2=ours, sm2_platform=theirs.public), Keys(sm2_platform=ours.public), Keys(sm2=theirs)]
    right, *wrong = (Seal(crypto, one, lambda: START_NS, bytes) for one in keys)
    assert (right.open("/a", body, headers), opens(crypto)) == (b"{}", True)
    for seal in wrong:
        with pytest.raises(NotSealed, match="signature"):
            seal.open("/a", body, headers)
    with pytest.raises(NotSealed, match="signature"):
        right.open("/a", body, headers | {"X-Signature": "?"})
    assert "8" not in repr(Keys(sm2=ours))
