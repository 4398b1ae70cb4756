"""From text to a score with its reasons. It does not know where texts come from or where scores are kept."""
