"""Every known fault turns the real verification red, and a sound store green: one drill shows both."""

import pytest

from lib.backup.keys import load_backup_keys
from lib.backup.store.folder import FolderStore
from lib.recovery.faults import NAMES, may_make_disks
from lib.recovery.rehearse import Rehearsed, rehearse
from lib.settings import Settings


@pytest.fixture(scope="module")
async def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    home = tmp_path_factory.mktemp("home")
    settings = Settings.model_validate({"home": home, "database_url": None})
    keys = load_backup_keys(settings)
    (done,) = await rehearse("faults", settings, FolderStore(home / "backups"), keys)
    assert list((home / "drills").iterdir()) == []
    assert not (home / "backups").exists()
    return done


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
async def test_the_fault_is_noticed_for_the_right_reason(rehearsed: Rehearsed, name: str) -> None:
    if name == "full disk" and not may_make_disks():
        assert any("'full disk' was NOT rehearsed" in warning for warning in rehearsed.warnings)
        return
    (check,) = [check for check in rehearsed.card.checks if check.name == f"{name} is noticed"]
    assert check.ok, check.found


@pytest.mark.timeout(900)
async def test_without_a_fault_it_is_green(rehearsed: Rehearsed) -> None:
    found = {check.name: check.found for check in rehearsed.card.checks if not check.name.endswith("is noticed")}
    assert found == {
        "verify the sound backup": "good",
        "restore the sound log": "good",
        "fresh backups are not stale": "good",
    }
    assert rehearsed.card.passed
