"""NLTK's own VADER with our lexicon, as the oracle of `vader@1`. NLTK ships no lexicon and would want to load one."""

from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

from lib.scoring.vader_words import lexicon


def nltk_vader() -> SentimentIntensityAnalyzer:
    """The analyzer as NLTK makes it, but for where its lexicon comes from."""
    analyzer = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)
    analyzer.lexicon = lexicon()
    analyzer.constants = VaderConstants()
    return analyzer
