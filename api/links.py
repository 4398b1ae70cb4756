"""Where an answer leads: the links of the OpenAPI document. They name operations, and know nothing else of them."""

from typing import Any

_ITEM, _OWN = "/items/0/id", "/id"
_OF_ALERT = ("getAlert", "changeAlert", "getAlertHistory", "pauseAlert", "resumeAlert", "testAlert",
             "rotateAlertSecret", "deleteAlert")  # fmt: skip
_OF_WATCHLIST = ("getWatchlist", "changeWatchlist", "deleteWatchlist")
_OF_KEY = ("getApiKey", "changeApiKey", "deleteApiKey")
_OF_SYMBOL = ("getStock", "getBars", "getInsight", "getSentiment", "getSentimentSeries", "getPosts")

# operation → pointer into its answer, the parameter that it becomes, and the operations that take it
_LINKS: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {
    "searchStocks": [("/items/0/symbol", "symbol", _OF_SYMBOL)],
    "getTrending": [("/items/0/symbol", "symbol", _OF_SYMBOL)],
    "getScorers": [("/items/0/name", "scorer", ("getSentiment", "getSentimentSeries", "getInsight"))],
    "analyzeText": [("/mentions/0/symbol", "symbol", ("getStock",))],
    "getWatchlists": [(_ITEM, "watchlist_id", _OF_WATCHLIST)],
    "makeWatchlist": [(_OWN, "watchlist_id", _OF_WATCHLIST)],
    "getAlerts": [(_ITEM, "alert_id", _OF_ALERT)],
    "makeAlert": [(_OWN, "alert_id", _OF_ALERT)],
    "getApiKeys": [(_ITEM, "key_id", _OF_KEY)],
    "makeApiKey": [(_OWN, "key_id", _OF_KEY)],
    "getSessions": [(_ITEM, "session_id", ("endSession",))],
    "getUsers": [(_ITEM, "user_id", ("changeUser",)), (_ITEM, "user", ("getAudit",))],
}

# a table that was cut goes on before its first row
_CUT = ("getBars", "getInsight", "getSentimentSeries")


def add_links(document: dict[str, Any]) -> None:
    """Adds to each operation of `document` where its answer leads; to what follows, too, where it may have been cut."""
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    for name, operation in operations.items():
        links = {
            target: {"operationId": target, "parameters": {parameter: f"$response.body#{pointer}"}}
            for pointer, parameter, targets in _LINKS.get(name, ())
            for target in targets
            if target in operations
        }
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
            links["nextPage"] = _further(operation, "cursor")
        if name in _CUT:
            links["partBefore"] = _further(operation, "end")
        if links:
            answered = min(status for status in operation["responses"] if status.startswith("2"))
            operation["responses"][answered]["links"] = links


def _further(operation: dict[str, Any], parameter: str) -> dict[str, Any]:
    """The same again from `next` on."""
    of_path = [taken["name"] for taken in operation["parameters"] if taken["in"] == "path"]
    kept = {name: f"$request.path.{name}" for name in of_path}
    return {"operationId": operation["operationId"], "parameters": {**kept, parameter: "$response.body#/next"}}
