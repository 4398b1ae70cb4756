"""What all errors have in common, and the two that any part may raise."""


class InsiteChartError(Exception):
    """Base of all. `str(error)` is one sentence for a person; `hint` says what to do next, or is empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # flow runs hand errors between processes; the default would lose the keyword arguments
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(kind: type[InsiteChartError], args: tuple[str, ...], state: dict[str, object]) -> InsiteChartError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(InsiteChartError):
    """A setting or an argument cannot be used."""


class PlatformError(InsiteChartError):
    """The platform on this machine cannot start, or is not running."""
