"""asyncpg's types under short names, as the type checker knows them. It holds nothing else."""

from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Pooled: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | Pooled
else:
    Pool: TypeAlias = asyncpg.Pool
    Pooled: TypeAlias = asyncpg.pool.PoolConnectionProxy
    Connection: TypeAlias = asyncpg.Connection
