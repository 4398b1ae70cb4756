"""How soon there is service again after a disaster, and what it cost: a standby promoted, and a whole site made of
store and key. Smaller is better here; there is no raw baseline, so what was promised stands in the unit.
"""

import tempfile
from pathlib import Path
from statistics import median

from lib.backup.keys import load_backup_keys
from lib.backup.store.folder import FolderStore
from lib.db.databases import create_database
from lib.db.recovery.commits import make_commits
from lib.postgres.server import DATABASE
from lib.recovery.ground import open_ground
from lib.recovery.isolation import Production
from lib.recovery.losses import Loss
from lib.recovery.promotion import Death, rehearse_promotion
from lib.recovery.rehearse import rehearse
from lib.recovery.stage import Stage
from lib.settings import Settings

Row = tuple[str, float, float, str]

TRIALS = 6
_PER_SECOND = 100.0


async def main() -> list[Row]:
    """Promotions of a killed and of a frozen primary, then one whole site."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as folder:
        home = Path(folder)
        settings = Settings.model_validate({"home": home, "database_url": None})
        deaths: tuple[Death, ...] = ("killed", "frozen")
        for death in deaths:
            trials = [await _promotion(settings, death) for _ in range(TRIALS)]
            took = sorted(seconds * 1000 for seconds, _ in trials)
            lost, of = sum(loss.rows for _, loss in trials), sum(loss.acknowledged for _, loss in trials)
            said = f"primary {death}, standby promoted, {TRIALS} trials, {lost} of {of:,} commits lost"
            rows += [
                (f"{said}: median", median(took), 0, "ms; promised 5,000, aim 2,000"),
                (f"{said}: worst", took[-1], 0, "ms; promised 5,000, aim 2,000"),
            ]
        (site,) = await rehearse("infrastructure", settings, FolderStore(home / "backups"), load_backup_keys(settings))
        assert site.card.passed, site.report
        said = f"whole site from store and key, {site.card.rpo_rows} commits lost"
        rows.append((said, site.card.rto_s * 1000, 0, "ms; promised 600,000, aim 120,000"))
        left = len(list((home / "drills").iterdir()))
        rows.append(("left behind by all of these drills", left, 0, "folders; promised 0"))
    return rows


async def _promotion(settings: Settings, death: Death) -> tuple[float, Loss]:
    stage = Stage()
    async with open_ground(settings, Production((), ())) as ground:
        primary = await ground.start_server("primary")
        await create_database(primary.url("postgres"), DATABASE)
        await make_commits(primary.url())
        loss, _ = await rehearse_promotion(stage, ground, primary, per_second=_PER_SECOND, death=death)
    return stage.rto_s, loss
