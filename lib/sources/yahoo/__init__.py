"""Yahoo Finance through yfinance: daily, hourly and minute bars, dividends and splits, without a key.

`client` asks, `session` watches every request that yfinance makes, `answers` turns its frames into bars, `windows`
knows how far back Yahoo answers, `numbers` turns its floats into decimals, `cache` finds yfinance a folder. Terms and
limits: docs/sources.md.
"""

from lib.sources.yahoo.client import Manners, Yahoo

__all__ = ["Manners", "Yahoo"]
