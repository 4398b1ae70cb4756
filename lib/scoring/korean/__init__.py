"""`korean@1`: what Koreans say of stocks, by an own lexicon and the grammar around its words."""

from lib.scoring.korean.scorer import Korean

__all__ = ["Korean"]
