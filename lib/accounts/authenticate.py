"""From an access token or an API key to who it stands for, now. It does not know what anybody may do.

What the database says of an account, a session or a key is remembered for SECONDS in each process, and forgotten at
once in the process that changes it: that long, and no longer, a token outlives its account elsewhere.
"""

from datetime import UTC, datetime
from uuid import UUID

from lib.accounts.remembered import Remembered
from lib.accounts.secrets import API_KEY, hash_of, is_secret
from lib.accounts.tokens import Claims, read_token
from lib.db.pool import Pool
from lib.db.users.api_keys import Holder, holder_of, note_use
from lib.db.users.sessions import standing
from lib.db.writing import transaction
from lib.domain.users import SCOPES, Principal
from lib.errors import Unauthorized
from lib.keyring.ring import Keyring

SECONDS = 5.0


class Authenticator:
    """Knows who stands behind a proof. `note_uses` is to be called now and then, and at the end."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring
        self._standings: Remembered[tuple[str, int]] = Remembered(seconds=SECONDS)
        self._holders: Remembered[Holder] = Remembered(seconds=SECONDS)
        self._used: dict[UUID, datetime] = {}

    async def authenticate(self, proof: str) -> Principal:
        """Who `proof` stands for. Raises Unauthorized for every proof that does not hold, or DatabaseUnavailable."""
        return await (self._by_key(proof) if proof.startswith(f"{API_KEY}_") else self._by_token(proof))

    def forget(self) -> None:
        """Something about an account, a session or a key was changed in this process."""
        self._standings.forget()
        self._holders.forget()

    async def note_uses(self) -> None:
        """Writes down when keys were last used. Raises as transaction, and then keeps it for the next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with transaction(self._pool) as conn:
                await note_use(conn, used)
        except BaseException:
            self._used = used | self._used
            raise

    async def _by_token(self, token: str) -> Principal:
        claims: Claims = read_token(self._keyring, token)
        found = await self._standings.get(
            (claims.user_id, claims.session_id), lambda: standing(self._pool, claims.user_id, claims.session_id)
        )
        if found != (claims.role, claims.generation):
            raise Unauthorized("The access token is over.", refused=True)
        return Principal(claims.user_id, claims.role, frozenset(SCOPES), "token", session_id=claims.session_id)

    async def _by_key(self, key: str) -> Principal:
        if not is_secret(API_KEY, key):
            raise Unauthorized("This is no API key.", refused=True)
        key_hash = hash_of(key)
        holder = await self._holders.get(key_hash, lambda: holder_of(self._pool, key_hash))
        if holder is None:
            raise Unauthorized("The API key is over, or never was.", refused=True)
        self._used[holder.key_id] = datetime.now(UTC)
        return Principal(holder.user_id, holder.role, frozenset(holder.scopes), "api-key", key_id=holder.key_id)
