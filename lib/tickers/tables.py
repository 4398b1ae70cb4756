"""The word tables beside this module, read once. What each is for, its first lines say; this module does not know."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from lib.domain.symbols import Former


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def words(name: str) -> frozenset[str]:
    """Every word of the table `name` (such as `acronyms.txt`), as written there."""
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def phrases(name: str) -> tuple[str, ...]:
    """Every line of the table `name`, in the order of the file."""
    return tuple(_lines(name))


@cache
def aliases() -> Mapping[str, tuple[str, ...]]:
    """By symbol, what people call it; the order of the file is the order of claim. `$X` marks a former ticker."""
    return {symbol: tuple(name.removeprefix("~") for name in names) for symbol, names in _aliases().items()}


@cache
def doubtful_aliases() -> frozenset[str]:
    """Those aliases that mostly mean something else, as a broker's name in a forum does."""
    return frozenset(name[1:] for names in _aliases().values() for name in names if name.startswith("~"))


@cache
def renames() -> Mapping[str, tuple[Former, ...]]:
    """By symbol, the symbols that the listing had before, the last one first."""
    changes = [(new, Former(old, date.fromisoformat(on))) for old, new, on in map(_split, _lines("renames.txt"))]
    found: dict[str, tuple[Former, ...]] = {}
    for symbol, _ in changes:
        holder, before = symbol, date.max
        chain: list[Former] = []
        while earlier := [one for new, one in changes if new == holder and one.until < before]:
            last = max(earlier, key=_until)
            chain.append(last)
            holder, before = last.symbol, last.until
        found[symbol] = tuple(chain)
    return found


def _split(line: str) -> list[str]:
    return line.split(",")


def _until(former: Former) -> date:
    return former.until


@cache
def _aliases() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines("aliases.txt"):
        symbol, _, names = line.partition(": ")
        found[symbol] = tuple(name.strip() for name in names.split(","))
    return found
