"""Where an answer leads: the links of the OpenAPI document. They name operations, and know nothing else of them."""

from typing import Any

# operation → pointer into its 200 answer, the parameter that it becomes, and the operations that take it
_LINKS: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {
    "searchStocks": [("/items/0/symbol", "symbol", ("getStock", "getBars", "getSentiment", "getPosts"))],
    "getTrending": [("/items/0/symbol", "symbol", ("getSentiment", "getSentimentSeries", "getInsight"))],
    "getScorers": [("/items/0/name", "scorer", ("getSentimentSeries", "getInsight"))],
    "analyzeText": [("/mentions/0/symbol", "symbol", ("getStock",))],
}


def add_links(document: dict[str, Any]) -> None:
    """Adds to each operation of `document` where its answer leads; to the next page, too, where it is a list."""
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    for name, operation in operations.items():
        links: dict[str, Any] = {}
        for pointer, parameter, targets in _LINKS.get(name, ()):
            for target in targets:
                if target in operations:
                    links[target] = {
                        "operationId": target,
                        "parameters": {parameter: f"$response.body#{pointer}"},
                    }
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
            links["nextPage"] = {"operationId": name, "parameters": {"cursor": "$response.body#/next"}}
        if links:
            operation["responses"]["200"]["links"] = links
