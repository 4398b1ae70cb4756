"""What people type to find a stock, made of the listings: thousands of different questions, the same every time."""

import random
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from lib.domain.symbols import Listing
from lib.text.hangul import initials

# share of each kind: symbol, beginning of a name, whole name, with a slip; Korean name, its beginning, initials, slip
MIX = {"symbol": 20, "prefix": 20, "name": 10, "slip": 15, "korean": 10, "half": 10, "initials": 10, "korean slip": 5}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def queries(listings: Sequence[Listing], count: int = 6000) -> list[str]:
    """`count` questions in the shares of MIX, all different."""
    dice = random.Random(20261128)
    korean = [found for found in listings if found.name_ko and not found.name_ko.isascii()]
    kinds = dice.choices(list(MIX), weights=list(MIX.values()), k=count * 3)
    found: dict[str, None] = {}
    for kind in kinds:
        pick = dice.choice(listings)
        name = " ".join(pick.name.split()[:3]).lower()
        name_ko = dice.choice(korean).name_ko or ""
        match kind:
            case "symbol":
                typed = pick.symbol[: dice.randint(1, len(pick.symbol))]
            case "prefix":
                typed = name[: dice.randint(2, 8)]
            case "name":
                typed = name
            case "slip":
                typed = _slip(name, dice)
            case "korean":
                typed = name_ko
            case "half":
                typed = name_ko[: max(1, len(name_ko) // 2)]
            case "initials":
                typed = initials(name_ko)
            case _:
                typed = _swapped(name_ko, dice)
        if typed.strip():
            found[typed] = None
    return list(found)[:count]


def wrk_script(paths: Sequence[str], file: Path) -> Path:
    """A script with which wrk asks for `paths` in turn."""
    lines = ",\n".join(f'"{path}"' for path in paths)
    ask = 'request = function() at = at % #paths + 1; return wrk.format("GET", paths[at]) end'
    file.write_text(f"local paths = {{{lines}}}\nlocal at = 0\n{ask}\n", encoding="ascii")
    return file


def search_path(query: str) -> str:
    """The path and query string of a search."""
    return f"/api/v1/stocks?q={quote(query, safe='')}"


def _slip(name: str, dice: random.Random) -> str:
    if len(name) < 4:
        return name + dice.choice(_LETTERS)
    at = dice.randrange(1, len(name) - 1)
    wrong = dice.choice((name[at + 1] + name[at], dice.choice(_LETTERS) + name[at + 1], name[at + 1]))
    return name[:at] + wrong + name[at + 2 :]


def _swapped(name: str, dice: random.Random) -> str:
    if len(name) < 2:
        return name
    at = dice.randrange(len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
