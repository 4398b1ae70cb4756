"""Writes tables and texts that people read in Prefect's UI. It does not know what they are about."""

from typing import Any

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact


async def table_artifact(key: str, rows: list[dict[str, Any]], description: str) -> None:
    """Records `rows` under `key` (lower case letters, digits and dashes) with the current run; earlier ones stay as its
    history.
    """
    await acreate_table_artifact(table=rows, key=key, description=description)


async def text_artifact(key: str, text: str, description: str) -> None:
    """Records `text` (Markdown) in the same way."""
    await acreate_markdown_artifact(markdown=text, key=key, description=description)
