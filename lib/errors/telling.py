"""Errors of telling people: mails and webhooks that could not be handed over."""

from lib.errors.base import InsiteChartError


class MailError(InsiteChartError):
    """A mail could not be handed over. `lasting` says that trying again cannot help."""

    def __init__(self, message: str, *, lasting: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.lasting = lasting


class TargetRefused(InsiteChartError):
    """The address of a webhook is one that must not be reached."""


class NotDelivered(InsiteChartError):
    """A webhook was sent, or was to be, and no answer came. `str(error)` may be shown to its owner."""
