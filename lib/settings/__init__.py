"""Every setting of InsiteChart, read once from INSITECHART_*, files that these name, and one TOML file.

The environment comes before the file (lib/config_places.py). It does not know who uses what.
"""

from functools import cache

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from lib.config_places import FileSource, SecretFiles, problems
from lib.errors import ConfigurationError
from lib.settings.api import ApiSettings
from lib.settings.people import PeopleSettings
from lib.settings.platform import PlatformSettings
from lib.settings.recovery import RecoverySettings
from lib.settings.sources import SourceSettings


# the last part comes first wherever settings are shown
class Settings(RecoverySettings, PeopleSettings, ApiSettings, SourceSettings, PlatformSettings, BaseSettings):
    """Frozen. Each field is set by INSITECHART_<FIELD> in upper case; lists are comma-separated. A secret may stand
    in a file that INSITECHART_<FIELD>_FILE names.

    In the file a field may stand as it is or, without its first word, in a table of that name: `[reddit]` and
    `client_id` are reddit_client_id. Lists are TOML lists or comma-separated, too; relative paths of the file start
    from its folder.
    """

    model_config = SettingsConfigDict(env_prefix="INSITECHART_", frozen=True, extra="ignore", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then secrets in files of their own, then the file of all."""
        return init_settings, env_settings, SecretFiles(settings_cls), FileSource(settings_cls)


@cache
def load_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError naming the variable, or the key and the file, and what is
    wrong with it.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(
            f"The settings cannot be used: {'; '.join(problems(Settings, error))}.",
            hint="Correct it or leave it out; `insitechart config --check` shows what is set where.",
        ) from None
