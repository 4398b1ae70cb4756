"""Which images are tried, as the environment names them. It does not know whether the cluster has them."""

import os
from typing import NamedTuple


class Images(NamedTuple):
    """`postgres_uid` is the user that the image's PostgreSQL runs as; None leaves what the manifests say."""

    insitechart: str
    postgres: str | None
    postgres_uid: int | None
    redis: str | None


def named_images() -> Images:
    """INSITECHART_CLUSTER_IMAGE, and where the cluster cannot fetch those of the manifests: _POSTGRES, _REDIS."""
    uid = os.environ.get("INSITECHART_CLUSTER_POSTGRES_UID")
    return Images(
        os.environ.get("INSITECHART_CLUSTER_IMAGE", "insitechart:0.1.0"),
        os.environ.get("INSITECHART_CLUSTER_POSTGRES"),
        int(uid) if uid else None,
        os.environ.get("INSITECHART_CLUSTER_REDIS"),
    )
