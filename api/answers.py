"""Answers whose bytes are ready: JSON that PostgreSQL built, or the same table as CSV. It does not know what they
hold.
"""

import csv
import io
import json
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures.headers import Accept
from msgspec import Struct

CSV, JSON = "text/csv", "application/json"


def table_answer(request: Request[Any, Any, Any], body: str) -> Response[Any]:
    """`body`, a JSON object with columns, untouched; or its columns as CSV where the client asks for text/csv."""
    if wants_csv(request):
        return Response(csv_of(body).encode(), media_type=CSV)
    return Response(body.encode(), media_type=JSON)


def wants_csv(request: Request[Any, Any, Any]) -> bool:
    """Does the client like CSV better than JSON?"""
    # every table asks this, and Litestar would make an object of all headers first
    return prefers_csv(
        ",".join(value.decode("latin-1") for name, value in request.scope["headers"] if name == b"accept")
    )


@lru_cache(maxsize=512)
def prefers_csv(accept: str) -> bool:
    """Does a client with this Accept like CSV better than JSON?"""
    return bool(accept) and Accept(accept).best_match([JSON, CSV], default=JSON) == CSV


def json_answer(view: Struct) -> Response[Any]:
    """`view` as JSON, encoded here and now: Litestar would ask of every value whether somebody encodes its type."""
    return Response(msgspec.json.encode(view), media_type=JSON)


def csv_of(body: str, *, with_names: bool = True) -> str:
    """The columns of `body` as lines of CSV, below a line of their names."""
    # numbers stay the text that they are: no price passes through a float
    table: dict[str, Any] = json.loads(body, parse_float=str, parse_int=str)
    length = len(table["start"])
    columns = {name: column for name, column in table.items() if _is_column(column, length)}
    out = io.StringIO()
    writer = csv.writer(out)
    if with_names:
        writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def _is_column(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length and not any(isinstance(cell, dict) for cell in value)
