"""Access tokens: what is accepted, and that everything else is 401 with one answer, whatever is wrong with it."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lib.accounts.tokens import AUDIENCE, ISSUER
from lib.keyring.files import change, read_keys
from lib.keyring.keys import Key, Keys, new_key
from tests.support.accounts import USERS, House, Person, api_key, known, log_in

ME = f"{USERS}/me"


@pytest.fixture(scope="module")
async def person(house: House) -> Person:
    return await known(house)


def key_of(house: House) -> Key:
    return read_keys(house.home / "secrets" / "keys").signing


def claims_of(person: Person) -> dict[str, Any]:
    return dict(jwt.decode(person.access, options={"verify_signature": False}))


def signed(house: House, person: Person, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token that is right but for what is given here; a claim of None is left out."""
    key = key_of(house)
    payload = {name: value for name, value in (claims_of(person) | claims).items() if value is not None}
    headers = {"kid": key.id, "typ": "at+jwt"} | (header or {})
    return jwt.encode(payload, key.derived("access-tokens"), "HS256", headers=headers)


async def status(house: House, token: str) -> int:
    answer = await house.client.get(ME, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200:
        told = answer.json()
        assert (answer.status_code, told["type"]) == (401, "urn:insitechart:invalid-credentials")
        assert told["detail"] == "The credentials are not valid, or not any more."
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    return answer.status_code


async def test_a_token_is_what_rfc_9068_says_and_short(house: House, person: Person) -> None:
    assert await status(house, person.access) == 200
    assert await status(house, signed(house, person)) == 200
    header, claims = jwt.get_unverified_header(person.access), claims_of(person)
    assert header == {"alg": "HS256", "kid": key_of(house).id, "typ": "at+jwt"}
    assert (claims["iss"], claims["aud"], claims["sub"], claims["role"]) == (ISSUER, AUDIENCE, str(person.id), "user")
    assert claims["exp"] - claims["iat"] == 900
    assert person.email not in base64.b64decode(person.access.split(".")[1] + "==").decode()


SOMEBODY = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-api"}, {"aud": [AUDIENCE]}, {"aud": [AUDIENCE, "x"]}, {"aud": None}, {"iss": "elsewhere"},
        {"iss": None}, {"exp": 1_700_000_000}, {"exp": None}, {"nbf": 4_000_000_000}, {"nbf": None},
        {"iat": 4_000_000_000}, {"iat": None}, {"exp": "soon"}, {"sub": "1"}, {"sub": None},
        {"sub": SOMEBODY}, {"sid": SOMEBODY}, {"sid": None}, {"sid": 5}, {"role": "admin"},
        {"role": "root"}, {"role": None}, {"role": ["user"]}, {"gen": 2}, {"gen": "1"}, {"gen": True}, {"gen": None},
        {"jti": None},
    ],
    ids=str,
)  # fmt: skip
async def test_claims_that_are_not_ours_are_refused(house: House, person: Person, claims: dict[str, Any]) -> None:
    assert await status(house, signed(house, person, **claims)) == 401


@pytest.mark.parametrize(
    "header",
    [{"typ": "JWT"}, {"typ": None}, {"kid": "other"}, {"kid": ""}, {"kid": "../../dev/null"}, {"kid": "' OR 1=1 --"},
     {"crit": ["exp"]}, {"jku": "https://example.com/keys"}, {"jwk": {"kty": "oct", "k": "AA"}}, {"x5c": []},
     {"cty": "JWT"}],
    ids=str,
)  # fmt: skip
async def test_headers_that_are_not_ours_are_refused(house: House, person: Person, header: dict[str, Any]) -> None:
    assert await status(house, signed(house, person, header)) == 401


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS384", "RS256", None])
async def test_no_other_algorithm_is_accepted(house: House, person: Person, name: str | None) -> None:
    payload, signature = person.access.split(".")[1:]
    header = part({"alg": name, "kid": key_of(house).id, "typ": "at+jwt"})
    for forged in (f"{header}.{payload}.", f"{header}.{payload}.{signature}", f"{header}.{payload}"):
        assert await status(house, forged) == 401
    assert await status(house, f"{part({'alg': name})}.{payload}.") == 401


async def test_keys_are_not_confused(house: House, person: Person) -> None:
    key = key_of(house)
    headers = {"kid": key.id, "typ": "at+jwt"}
    public = rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    for wrong in (
        key.id.encode(),
        key.secret,
        key.derived("mail-links"),
        key.derived("refresh-tokens"),
        key.derived("access-tokens", b"x"),
        b"",
        public,
        new_key(datetime.now(UTC)).derived("access-tokens"),
    ):
        assert await status(house, _hs256(claims_of(person), wrong, headers)) == 401


def _hs256(payload: dict[str, Any], key: bytes, headers: dict[str, str]) -> str:
    """By hand: the library would refuse to sign with some of these."""
    import hashlib
    import hmac

    text = f"{part({'alg': 'HS256'} | headers)}.{part(payload)}"
    mac = hmac.digest(key, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_a_signature_by_hand_holds_with_the_right_key(house: House, person: Person) -> None:
    key = key_of(house)
    headers = {"kid": key.id, "typ": "at+jwt"}
    assert await status(house, _hs256(claims_of(person), key.derived("access-tokens"), headers)) == 200


@pytest.mark.parametrize("text", ["x", "a.b.c", "..", "é.é.é", "a" * 1500, "ick_" + "a" * 59, "icr_" + "b" * 59, "{}"])
async def test_what_is_no_token_is_refused(house: House, text: str) -> None:
    answer = await house.client.get(ME, headers={"Authorization": f"Bearer {text}".encode()})  # type: ignore[dict-item]
    assert answer.status_code == 401


async def test_a_changed_token_is_refused(house: House, person: Person) -> None:
    header, payload, signature = person.access.split(".")
    claims = claims_of(person)
    assert await status(house, f"{header}.{part(claims | {'role': 'admin'})}.{signature}") == 401
    assert await status(house, f"{header}.{payload}.{signature[:-3]}") == 401
    assert await status(house, f"{header}.{payload}.") == 401
    assert await status(house, person.refresh) == 401


async def test_keys_are_rotated_while_people_are_logged_in(house: House) -> None:
    person = await known(house)
    key = await api_key(house, person, "account")
    file = house.home / "secrets" / "keys"
    old = read_keys(file).signing
    fresh = new_key(datetime.now(UTC) + timedelta(seconds=1))
    change(file, lambda keys: Keys((fresh, *keys.all)))
    # another process signs with the new key at once, and this one has never seen it
    assert await status(house, signed(house, person, {"kid": fresh.id})) == 200
    assert await status(house, person.access) == 200
    answer = await house.client.post(f"{USERS}/token/refresh", data={"refresh_token": person.refresh})
    token = answer.json()["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == fresh.id
    assert await status(house, token) == 200
    # the old one is retired once its tokens are over: it is not known any more
    change(file, lambda keys: Keys((fresh,)))
    time.sleep(1.1)
    assert await status(house, person.access) == 401
    assert await status(house, token) == 200
    assert (await house.client.get(ME, headers={"X-API-Key": key})).status_code == 200
    assert old.id != fresh.id
    await log_in(house.client, person.email)
