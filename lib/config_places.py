"""Where settings come from: the environment, files that it names with one secret each, then one TOML file.

It does not know any setting.

Everything here takes the settings' class, whose fields say what there is.
"""

import os
import shlex
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from lib.config_file import Entry, is_open_to_others, read_config
from lib.errors import ConfigurationError

FILE_VARIABLE = "INSITECHART_CONFIG"


class Place(NamedTuple):
    """Where a setting is set: a variable of the environment (`file` is None), or a key in `file`."""

    name: str
    file: Path | None = None

    def __str__(self) -> str:
        return self.name if self.file is None else f"{self.name} in {self.file}"


class FileSource(PydanticBaseSettingsSource):
    """The file as a source of settings. A relative path in it starts from its folder."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError("the file is read as a whole")

    def __call__(self) -> dict[str, Any]:
        folder = config_file().parent
        found = {}
        for field, (_, value) in _read_file(self.settings_cls).items():
            kind = self.settings_cls.model_fields[field].annotation
            is_path = isinstance(value, str) and Path in (kind, *get_args(kind))
            found[_taken_as(self.settings_cls, field)] = folder / Path(value).expanduser() if is_path else value
        return found


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets that stand in files of their own, as container engines hand them over: of each secret setting that has no
    variable of its own for that, `<variable>_FILE` names one. What surrounds the secret in it, as a line's end, is
    left out; an empty file counts as not set.
    """

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError("the files are read together")

    def __call__(self) -> dict[str, Any]:
        given, found = EnvSettingsSource(self.settings_cls)(), {}
        for field, name in _secret_files(self.settings_cls).items():
            if _taken_as(self.settings_cls, field) in given:
                both = f"{_variable_set(self.settings_cls, field)} and {name} are both set."
                raise ConfigurationError(both, hint="Leave one of them out.")
            file = Path(os.environ[name]).expanduser()
            try:
                value = file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ConfigurationError(
                    f"{name} names {file}, which cannot be read: {reason}.", hint="Correct or unset it."
                ) from None
            if value:
                found[_taken_as(self.settings_cls, field)] = value
        return found


def config_file() -> Path:
    """The TOML file that is read if it is there: INSITECHART_CONFIG, else insitechart.toml in the current folder."""
    return Path(os.environ.get(FILE_VARIABLE) or "insitechart.toml").expanduser().absolute()


def variable(settings_cls: type[BaseSettings], field: str) -> str:
    """The environment variable of `field`."""
    alias = _aliases(settings_cls, field)
    return alias[0] if alias else f"{settings_cls.model_config.get('env_prefix', '')}{field}".upper()


def file_variable(settings_cls: type[BaseSettings], field: str) -> str | None:
    """The variable that names a file with the value of `field` in it; None where there is no such variable."""
    if not is_secret(settings_cls, field) or f"{field}_file" in settings_cls.model_fields:
        return None
    return f"{variable(settings_cls, field)}_FILE"


def places(settings_cls: type[BaseSettings]) -> dict[str, Place]:
    """Where each field is set that is not left at its default. Raises ConfigurationError for an unusable file."""
    file = config_file()
    found = {field: Place(entry.key, file) for field, entry in _read_file(settings_cls).items()}
    for field, name in _secret_files(settings_cls).items():
        found[field] = Place(name)
    given = EnvSettingsSource(settings_cls)()
    for field in settings_cls.model_fields:
        if _taken_as(settings_cls, field) in given:
            found[field] = Place(_variable_set(settings_cls, field))
    return found


def problems(settings_cls: type[BaseSettings], error: ValidationError) -> list[str]:
    """What is wrong with the settings, one sentence for each, naming the place where it is set."""
    fields = {_taken_as(settings_cls, field): field for field in settings_cls.model_fields}
    known = places(settings_cls)
    told = []
    for issue in error.errors():
        field = fields[str(issue["loc"][0])]
        entry = "".join(f"entry {step + 1}: " for step in issue["loc"][1:] if isinstance(step, int))
        place = known.get(field) or Place(variable(settings_cls, field))
        told.append(f"{place}: {entry}{issue['msg'].removeprefix('Value error, ')}")
    return told


def is_secret(settings_cls: type[BaseSettings], field: str) -> bool:
    """True where the value of `field` must not be shown."""
    kind = settings_cls.model_fields[field].annotation
    return SecretStr in (kind, *get_args(kind))


def open_secrets(settings_cls: type[BaseSettings]) -> str | None:
    """What to do about a file with secrets that other users may read; None where there is nothing to do."""
    file = config_file()
    if not any(is_secret(settings_cls, field) for field in _read_file(settings_cls)) or not is_open_to_others(file):
        return None
    return f"{file} holds secrets and other users may read it. Run: chmod 600 {shlex.quote(str(file))}"


def _read_file(settings_cls: type[BaseSettings]) -> dict[str, Entry]:
    file = config_file()
    if os.environ.get(FILE_VARIABLE) and not file.exists():
        raise ConfigurationError(f"{FILE_VARIABLE} names {file}, which is not there.", hint="Correct or unset it.")
    return read_config(file, settings_cls.model_fields)


def _secret_files(settings_cls: type[BaseSettings]) -> dict[str, str]:
    """The secrets for which a file is named, and the variables that name them."""
    names = {field: file_variable(settings_cls, field) for field in settings_cls.model_fields}
    return {field: name for field, name in names.items() if name is not None and os.environ.get(name)}


def _taken_as(settings_cls: type[BaseSettings], field: str) -> str:
    """The name under which pydantic takes the field's value: its alias, the first of several, and then no other."""
    return (_aliases(settings_cls, field) or [field])[0]


def _variable_set(settings_cls: type[BaseSettings], field: str) -> str:
    """The variable that sets `field`, where it has several names."""
    filled = {name.upper() for name, value in os.environ.items() if value}
    names = [alias.upper() for alias in _aliases(settings_cls, field)]
    return next((name for name in names if name in filled), variable(settings_cls, field))


def _aliases(settings_cls: type[BaseSettings], field: str) -> list[str]:
    match settings_cls.model_fields[field].validation_alias:
        case None:
            return []
        case AliasChoices(choices=choices):
            return [str(choice) for choice in choices]
        case alias:
            return [str(alias)]
