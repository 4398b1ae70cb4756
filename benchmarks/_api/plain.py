"""The servers to compare with: a bare Litestar, bare ASGI over asyncpg, and FastAPI with SQLAlchemy and pydantic.

Each is what somebody who knows the tool would write first. The bare one runs the statement that ours runs, on a pool
whose connections are not reset between two users; it checks nothing, logs nothing and measures nothing.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from litestar import Litestar, get
from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lib.db.bars import _TABLE as BARS

POOL = 8

_LOOKUP = """
SELECT row_to_json(s)::text FROM (SELECT symbol, name, name_ko, exchange, currency FROM symbols WHERE symbol = $1) s
"""


def hello() -> Any:
    """Litestar as it comes."""

    @get("/", sync_to_thread=False)
    def say() -> dict[str, str]:
        return {"hello": "world"}

    return Litestar([say], openapi_config=None, logging_config=None)


class Bare:
    """`/lookup/{symbol}` and `/bars/{symbol}` without a framework."""

    pool: "asyncpg.Pool[asyncpg.Record]"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        _, what, symbol = scope["path"].split("/")
        if what == "lookup":
            body = await self.pool.fetchval(_LOOKUP, symbol)
        else:
            body = await self.pool.fetchval(BARS, symbol, "1d", None, None, None, 500, False, None)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    async def _live(self, receive: Any, send: Any) -> None:
        async def keep(_: Any) -> None:
            pass

        await receive()
        self.pool = await asyncpg.create_pool(
            os.environ["INSITECHART_DATABASE_URL"],
            min_size=POOL,
            max_size=POOL,
            reset=keep,
            server_settings={"jit": "off"},
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})


class _Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


class _Symbol(_Base):
    __tablename__ = "symbols"
    id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str]
    name: Mapped[str]
    name_ko: Mapped[str | None]
    exchange: Mapped[str | None]
    currency: Mapped[str | None]


class _Bar(_Base):
    __tablename__ = "bars"
    interval: Mapped[str] = mapped_column(primary_key=True)
    symbol_id: Mapped[int] = mapped_column(ForeignKey("symbols.id"), primary_key=True)
    start: Mapped[datetime] = mapped_column(primary_key=True)
    open: Mapped[float | None]
    high: Mapped[float | None]
    low: Mapped[float | None]
    close: Mapped[float]
    adj_close: Mapped[float | None]
    volume: Mapped[int | None]


class _Bucket(_Base):
    __tablename__ = "sentiment_buckets"
    symbol_id: Mapped[int] = mapped_column(ForeignKey("symbols.id"), primary_key=True)
    scorer_id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[datetime] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    posts: Mapped[int]
    positive: Mapped[int]
    negative: Mapped[int]
    score_sum: Mapped[float]


class _Listing(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    symbol: str
    name: str
    name_ko: str | None
    exchange: str | None
    currency: str | None


class _BarOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    start: datetime
    open: float | None
    high: float | None
    low: float | None
    close: float
    adj_close: float | None
    volume: int | None


class _Summary(BaseModel):
    symbol: str
    day: date
    posts: int
    positive: int
    negative: int
    score: float | None


def orm() -> Any:
    """The same three reads in FastAPI, each on a session of its own."""
    url = os.environ["INSITECHART_DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    Session = Annotated[AsyncSession, Depends(session)]  # noqa: N806  a type

    async def listing(db: AsyncSession, symbol: str) -> _Symbol:
        found = await db.scalar(select(_Symbol).where(_Symbol.symbol == symbol))
        if found is None:
            raise HTTPException(404)
        return found

    @app.get("/lookup/{symbol}", response_model=_Listing)
    async def lookup(symbol: str, db: Session) -> _Symbol:
        return await listing(db, symbol)

    @app.get("/bars/{symbol}", response_model=list[_BarOut])
    async def bars(symbol: str, db: Session) -> list[_Bar]:
        asked = await listing(db, symbol)
        newest = select(_Bar).where(_Bar.interval == "1d", _Bar.symbol_id == asked.id)
        rows = await db.scalars(newest.order_by(_Bar.start.desc()).limit(500))
        return list(reversed(rows.all()))

    @app.get("/sentiment/{symbol}", response_model=_Summary)
    async def sentiment(symbol: str, db: Session) -> _Summary:
        asked = await listing(db, symbol)
        until = datetime.now(UTC)
        sums = select(
            func.sum(_Bucket.posts), func.sum(_Bucket.positive), func.sum(_Bucket.negative), func.sum(_Bucket.score_sum)
        ).where(
            _Bucket.symbol_id == asked.id,
            _Bucket.scorer_id == 1,
            _Bucket.start >= until - timedelta(days=1),
            _Bucket.start < until,
        )
        posts, positive, negative, score = (await db.execute(sums)).one()
        return _Summary(
            symbol=symbol,
            day=until.date(),
            posts=posts or 0,
            positive=positive or 0,
            negative=negative or 0,
            score=float(score) / posts if posts else None,
        )

    return app
