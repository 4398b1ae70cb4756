"""Errors of releases."""

from lib.errors.base import InsiteChartError


class ReleaseError(InsiteChartError):
    """A release could not do what it is for."""


class ClusterAway(ReleaseError):
    """The API server of Kubernetes does not answer, or refuses. What was begun is found and ended by the next run."""


class ReleaseRefused(ReleaseError):
    """A release was not begun; nothing was changed."""


class ReleaseLost(ReleaseError):
    """The lock of releases is somebody else's now, so nothing more is done."""


class ReleaseFailed(ReleaseError):
    """The new version is not in use. The message says why."""
