"""Access tokens: signed claims that are good for minutes (RFC 9068). It does not know whether an account still stands.

One algorithm is accepted, HS256 with a key derived for access tokens alone, whatever a token says of itself. Who reads
a token asks about the account as well (lib/accounts/authenticate.py): `gen` is the account's generation and `sid` the
login, so that a token is over as soon as either is.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import jwt
from msgspec import Struct

from lib.domain.users import Role
from lib.errors import Unauthorized
from lib.keyring.ring import Keyring

LASTS = timedelta(minutes=15)
ISSUER = "insitechart"
AUDIENCE = "insitechart-api"

_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_LONGEST = 1024
_SKEW_S = 5
_CLAIMS = ("iss", "aud", "sub", "role", "gen", "sid", "jti", "iat", "nbf", "exp")


class Claims(Struct, frozen=True):
    """Whom a token stands for, as it was when it was issued."""

    user_id: UUID
    session_id: UUID
    role: Role
    generation: int


def issue_token(keyring: Keyring, claims: Claims, now: datetime | None = None) -> str:
    """A token that is good from `now` (UTC; default: the clock) for 15 minutes."""
    now = now or datetime.now(UTC)
    key = keyring.signing
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(claims.user_id),
        "role": claims.role,
        "gen": claims.generation,
        "sid": str(claims.session_id),
        "jti": uuid.uuid4().hex,
        "iat": now,
        "nbf": now,
        "exp": now + LASTS,
    }
    return jwt.encode(payload, key.derived("access-tokens"), _ALGORITHM, headers={"kid": key.id, "typ": _TYPE})


def read_token(keyring: Keyring, token: str) -> Claims:
    """The claims of a token that was signed here and is good now. Raises Unauthorized, which never says why not."""
    try:
        return _read(keyring, token)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        # the cause is for the log of whoever looks for it; nobody is told
        raise Unauthorized("The access token is not valid, or not any more.", refused=True) from error


def _read(keyring: Keyring, token: str) -> Claims:
    if len(token) > _LONGEST:
        raise ValueError("it is too long")
    header = jwt.get_unverified_header(token)
    if header.keys() != {"alg", "kid", "typ"} or header["alg"] != _ALGORITHM or header["typ"] != _TYPE:
        raise ValueError("it is no token of ours")
    key = keyring.get(header["kid"])
    if key is None:
        raise ValueError("its key is not known")
    payload: dict[str, Any] = jwt.decode(
        token,
        key.derived("access-tokens"),
        algorithms=[_ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=_SKEW_S,
        options={"require": list(_CLAIMS), "strict_aud": True},
    )
    role, generation = payload["role"], payload["gen"]
    subject, session = payload["sub"], payload["sid"]
    kinds = [type(claim) for claim in (role, generation, subject, session)]
    if kinds != [str, int, str, str] or role not in get_args(Role):
        raise ValueError("its claims are not ours")
    return Claims(UUID(subject), UUID(session), role, generation)
