"""The kinds of values that settings have beyond Python's own. It does not know any setting."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

Port = Annotated[int, Field(ge=0, le=65535)]
Dollars = Annotated[Decimal, Field(ge=0, decimal_places=6)]


def _split(value: object) -> object:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    trimmed = (part.strip() if isinstance(part, str) else part for part in parts)
    return tuple(part for part in trimmed if part != "")


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
