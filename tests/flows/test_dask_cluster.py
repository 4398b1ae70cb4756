"""A cluster that cannot do our work is one sentence, before anything is sent there."""

from pathlib import Path

import pytest

from flows.support.dask_cluster import checked_threads
from lib.errors import ConfigurationError
from tests.support.dask import dask_cluster


def test_a_cluster_without_workers_says_how_to_start_one() -> None:
    with dask_cluster(workers=0) as cluster, pytest.raises(ConfigurationError, match="has no worker") as caught:
        checked_threads(cluster.address)
    assert caught.value.hint == f"Start one: dask worker {cluster.address}"


def test_a_worker_with_another_version_of_our_package_is_named(tmp_path: Path) -> None:
    told = tmp_path / "insitechart-9.9.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: insitechart\nVersion: 9.9\n")
    with (
        dask_cluster(workers=1, environment={"PYTHONPATH": str(tmp_path)}) as cluster,
        pytest.raises(ConfigurationError, match=r"The Dask worker tcp://\S+ has InsiteChart 9\.9, not 0\."),
    ):
        checked_threads(cluster.address)


def test_a_worker_with_other_code_under_the_same_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    with (
        dask_cluster(workers=1, environment={"PYTHONPATH": str(tmp_path)}) as cluster,
        pytest.raises(ConfigurationError, match="has InsiteChart's code "),
    ):
        checked_threads(cluster.address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://here"])
def test_an_address_where_no_scheduler_answers_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.support.dask_cluster._PATIENCE_S", 1)
    with pytest.raises(ConfigurationError, match=f"The Dask scheduler at {address} cannot be reached"):
        checked_threads(address)
