"""How many trials of chance are made: a few with every run of the tests, all of them by `make trials`."""

import os


def trials(everything: int, few: int) -> int:
    """`everything` where INSITECHART_TRIALS is `all`, else `few`."""
    return everything if os.environ.get("INSITECHART_TRIALS") == "all" else few
