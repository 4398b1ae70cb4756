"""What a route declares of its parameters, read back from its signature. It does not know any route by name."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin

from litestar import Request
from litestar.enums import ParamType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, ParameterKwarg
from litestar.typing import FieldDefinition


@cache
def query_parameters(handler: HTTPRouteHandler) -> dict[str, FieldDefinition]:
    """The query parameters of `handler` and of everything it depends on, by name."""
    return {
        name: field
        for name, field in _fields(handler)
        if isinstance(field.kwarg_definition, ParameterKwarg) and field.kwarg_definition.param_type == ParamType.QUERY
    }


def public_name(request: Request[Any, Any, Any], argument: str) -> str:
    """The parameter that the route of `request` takes as `argument`."""
    handler = request.scope.get("route_handler")
    field = handler.parsed_fn_signature.parameters.get(argument) if isinstance(handler, HTTPRouteHandler) else None
    return _public_name(argument, field) if field is not None else argument


def accepted_values(request: Request[Any, Any, Any], parameter: str) -> str:
    """What the route of `request` accepts for `parameter`, in words; empty where its declaration does not say."""
    handler = request.scope.get("route_handler")
    if not isinstance(handler, HTTPRouteHandler):
        return ""
    fields = dict(_fields(handler))
    body = fields.get("data")
    if body is not None and isinstance(body.kwarg_definition, BodyKwarg):
        names = getattr(body.annotation, "__struct_fields__", ())
        return f"a JSON object with {', '.join(names)}" if parameter not in names else ""
    field = fields.get(parameter)
    return _in_words(field) if field else ""


def _fields(handler: HTTPRouteHandler) -> Iterator[tuple[str, FieldDefinition]]:
    provided = handler.resolve_dependencies()
    seen: set[str] = set()
    waiting = [handler.parsed_fn_signature]
    while waiting:
        for name, field in waiting.pop().parameters.items():
            if name in seen:
                continue
            seen.add(name)
            if name in provided:
                waiting.append(provided[name].parsed_fn_signature)
            else:
                yield _public_name(name, field), field


def _public_name(name: str, field: FieldDefinition) -> str:
    """The name under which clients know it; a handler may not call an argument `state`, for one."""
    declared = field.kwarg_definition
    return declared.name or name if isinstance(declared, ParameterKwarg) else name


def _in_words(field: FieldDefinition) -> str:
    kinds = [inner.annotation for inner in field.inner_types] if field.is_optional else [field.annotation]
    for kind in kinds:
        if get_origin(kind) is Literal:
            return "one of " + ", ".join(str(value) for value in get_args(kind))
    if bool in kinds:
        return "true or false"
    limits = field.kwarg_definition
    if int in kinds and isinstance(limits, ParameterKwarg):
        return f"a whole number from {limits.ge:.0f} to {limits.le:.0f}" if limits.ge is not None and limits.le else ""
    return ""
