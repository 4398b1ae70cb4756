"""What may be sent, as whole examples for the OpenAPI document: fields that fit one another, ready to be tried. They
name operations, and know nothing else of them.
"""

from typing import Any

# operation → what the example is, and the body
_EXAMPLES: dict[str, dict[str, Any]] = {
    "analyzeText": {
        "A post": {"text": "$AAPL earnings are not great, but the guidance is amazing!"},
        "한국어": {"text": "삼성전자 실적은 아쉽지만 전망은 아주 좋다", "lang": "ko"},
    },
    "makeWatchlist": {"Two symbols": {"name": "Chips · 반도체", "symbols": ["NVDA", "005930.KS"]}},
    "changeWatchlist": {"Other symbols": {"version": 1, "symbols": ["005930.KS"]}},
    "makeAlert": {
        "A price, by webhook": {
            "symbol": "005930.KS",
            "measure": "price",
            "direction": "above",
            "threshold": "80000",
            "channel": "webhook",
            "url": "https://hooks.example.com/stocks",
        },
        "A mood, by mail": {
            "symbol": "NVDA",
            "measure": "filtered_score",
            "window": "24h",
            "direction": "crosses",
            "threshold": "0.25",
            "channel": "email",
        },
    },
    "changeAlert": {"Told less often": {"version": 1, "cooldown_s": 7200}},
    "makeApiKey": {"For a notebook": {"name": "notebook", "scopes": ["read", "alerts"]}},
    "changeApiKey": {"Other scopes": {"scopes": ["read"]}},
    "changeMe": {"Mails in Korean": {"locale": "ko"}},
    "changeUser": {"An operator": {"role": "operator"}},
}


def add_body_examples(document: dict[str, Any]) -> None:
    """Adds them to the bodies of `document`."""
    for path in document["paths"].values():
        for operation in path.values():
            examples = _EXAMPLES.get(operation["operationId"])
            if examples:
                [content] = operation["requestBody"]["content"].values()
                content["examples"] = {
                    f"example{number}": {"summary": summary, "value": body}
                    for number, (summary, body) in enumerate(examples.items(), start=1)
                }
