"""A standby takes over under steady commits: nothing acknowledged is lost, and what is lost otherwise is counted."""

from pathlib import Path

import pytest

from lib.db.databases import create_database
from lib.db.pool import connect
from lib.db.recovery.commits import Client, found_commits, make_commits, several
from lib.db.recovery.standbys import Detector
from lib.errors import DatabaseUnavailable, DrillRefused
from lib.postgres.server import DATABASE, PostgresServer
from lib.recovery.ground import Ground, open_ground
from lib.recovery.isolation import Production
from lib.recovery.losses import count_loss
from lib.recovery.promotion import INJECTED, RTO_S, Death, rehearse_promotion
from lib.recovery.stage import Stage
from lib.recovery.writer import Writer, writing
from lib.settings import Settings


async def primary_of(ground: Ground) -> PostgresServer:
    """A server with a place for numbered commits."""
    server = await ground.start_server("primary")
    await create_database(server.url("postgres"), DATABASE)
    await make_commits(server.url())
    return server


@pytest.mark.parametrize("death", ["killed", "frozen"])
async def test_a_promoted_standby_has_every_acknowledged_commit(tmp_path: Path, death: Death) -> None:
    stage = Stage()
    async with open_ground(Settings(home=tmp_path), Production((), ())) as ground:
        primary = await primary_of(ground)
        loss, standby = await rehearse_promotion(stage, ground, primary, per_second=50, death=death)
        found = await found_commits(standby.url())
        kept = (ground.folder / "promotion.acknowledged").read_text().splitlines()
        # the list outside of the database agrees with what is in it
        assert {int(line.split()[0]) for line in kept} <= set(found)
    card = stage.card("database", INJECTED[death], place="here", rto_target_s=RTO_S, rpo_target_s=0, loss=loss)
    assert (loss.rows, loss.holes) == (0, 0)
    assert loss.acknowledged >= 40
    assert [phase.phase for phase in card.phases] == ["detect", "assess", "recover", "recover", "verify"]
    assert all(check.ok for check in card.checks)
    assert list((tmp_path / "drills").iterdir()) == []


async def test_a_commit_that_vanished_is_counted(tmp_path: Path) -> None:
    """The control: were one lost, the drill would say so."""
    async with open_ground(Settings(home=tmp_path), Production((), ())) as ground:
        primary = await primary_of(ground)
        async with writing(primary.url(), per_second=100, ledger=ground.folder / "ledger") as writer:
            await writer.further(5, seconds=30)
        connection = await connect(primary.url(), application="insitechart-test")
        await connection.execute("DELETE FROM drill.commits WHERE number = 3")
        await connection.close()
        found = await found_commits(primary.url())
    loss = count_loss(writer.acknowledged, found)
    assert (loss.rows, loss.holes) == (1, 1)


async def test_a_client_finds_the_one_that_takes_writes(postgres: PostgresServer, database_url: str) -> None:
    await make_commits(database_url)
    nobody = database_url.replace(f":{postgres.port}/", ":1/")
    client = Client(several(nobody, database_url), seconds=5)
    await client.commit(1)
    with pytest.raises(DatabaseUnavailable, match="Commit 1 was not acknowledged"):
        await client.commit(1)
    await client.close()
    assert await found_commits(database_url) == [1]


async def test_a_writer_that_gets_nothing_through_is_no_drill(tmp_path: Path) -> None:
    writer = Writer("postgresql://nobody:x@127.0.0.1:1/none", per_second=10, ledger=tmp_path / "ledger")
    with pytest.raises(DrillRefused, match="0 of 1 commits"):
        await writer.further(1, seconds=0.05)


async def test_a_refused_connection_counts_at_once() -> None:
    assert await Detector("postgresql://nobody:x@127.0.0.1:1/none", interval_s=30).watch() == "it refused a connection"
