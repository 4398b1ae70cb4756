"""What people write while a soak goes on: short and long, with what breaks careless readers. It knows no provider."""

import random

_ODD = (
    "🚀💎🙌",
    "삼성전자가 급등",
    "a\0b",
    "x" * 5_000,
    "<b>&amp;</b>",
    "ﷺ العربية",
    "e\u0301",
    "\u200b",
    "line\nbreak",
)


def wordy(chance: random.Random, number: int, *, about: str = "$AAPL") -> str:
    """A text about `about` that differs from all others by its number."""
    odd = chance.choice(_ODD) if chance.random() < 0.1 else chance.choice(("is great", "sinks", "holds"))
    return f"{about} {odd} {chance.getrandbits(48):x} {number}"
