"""Which bars a market can have printed. It does not correct any, and it does not know where they come from."""

from decimal import Decimal

_LARGEST_VOLUME = 2**63 - 1
_LARGEST_PRICE = Decimal(10) ** 15


def bar_fault(
    symbol: str,
    open_: Decimal | None,
    high: Decimal | None,
    low: Decimal | None,
    close: Decimal,
    adj_close: Decimal | None,
    volume: int | None,
) -> str | None:
    """Why these numbers are no bar, or None if they can be one.

    Prices are finite and, futures (`CL=F`) aside, above zero; high is not below low; volume is not negative and fits 64
    bits. Open and close outside [low, high] are let through: sources round the four apart.

    >>> bar_fault("AAPL", None, Decimal(2), Decimal(3), Decimal(2), None, 0)
    'high 2 is below low 3'
    """
    for name, price in (("open", open_), ("high", high), ("low", low), ("close", close), ("adj_close", adj_close)):
        if price is None:
            continue
        if not price.is_finite() or not -_LARGEST_PRICE < price < _LARGEST_PRICE:
            return f"{name} {price} is not a price"
        if price <= 0 and not symbol.endswith("=F"):
            return f"{name} {price} is not above zero"
    if high is not None and low is not None and high < low:
        return f"high {high} is below low {low}"
    if volume is not None and not 0 <= volume <= _LARGEST_VOLUME:
        return f"volume {volume} is not a number of shares"
    return None
