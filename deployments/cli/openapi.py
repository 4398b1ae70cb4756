"""`insitechart openapi`: writes the OpenAPI document of all services. It needs no database and starts nothing."""

import json
from pathlib import Path

import click
import yaml

from api.app import create_app
from api.document import openapi_document
from lib.settings import load_settings


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; default: the terminal.")
@click.option("--yaml", "as_yaml", is_flag=True, help="YAML instead of JSON.")
def openapi(output: Path | None, as_yaml: bool) -> None:
    """Write the OpenAPI document of the whole API, for generators of clients and for gateways."""
    settings = load_settings().model_copy(update={"api_services": ("all",)})
    document = openapi_document(create_app(settings))
    if as_yaml:
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    else:
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"{len(document['paths'])} paths written to {output}")
