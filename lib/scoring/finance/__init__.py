"""`finance@1`: learned weights over words, phrases, numbers and a lexicon of finance talk. It trains nothing."""
