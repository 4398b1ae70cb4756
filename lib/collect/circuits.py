"""The gate that remembers: refused with 401, 402 or 403, a source stays closed in later runs, until a person acts.

It does not know providers. A person acts by setting another credential, or with `insitechart sources reset`.
"""

from lib.collect.gate import Gate
from lib.db.asking.circuits import open_circuit, open_circuits
from lib.db.pool import Pool
from lib.errors import Denied, SourceError
from lib.logs import get_logger

log = get_logger(__name__)


class SharedGate(Gate):
    """A gate whose refusals are kept in the database; made by `shared_gate`."""

    def __init__(self, pool: Pool, source: str, credential: str) -> None:
        super().__init__()
        self._pool = pool
        self._source = source
        self._credential = credential

    async def failed(self, error: SourceError) -> None:
        """As Gate.failed; a Denied also opens the circuit."""
        await super().failed(error)
        if not isinstance(error, Denied):
            return
        opened = await open_circuit(
            self._pool, self._source, self._credential, scope=error.stream, reason=str(error), hint=error.hint
        )
        if opened:
            log.warning("circuit opened", source=self._source, stream=error.stream or None, reason=str(error))


async def shared_gate(pool: Pool, source: str, credential: str) -> SharedGate:
    """The gate of `source` for the credential of this fingerprint, closed as far as its circuits are open."""
    gate = SharedGate(pool, source, credential)
    for circuit in await open_circuits(pool, source):
        if circuit.credential == credential:
            since = f"{circuit.opened_at:%Y-%m-%d %H:%M} UTC"
            gate.close(
                "denied",
                f"{circuit.reason} Refused since {since}; not asked until `insitechart sources reset {source}`.",
                stream=circuit.scope,
            )
    return gate
