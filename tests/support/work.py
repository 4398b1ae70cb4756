"""How much work a call is, counted rather than timed: so that a busy machine changes nothing."""

import sys
from collections.abc import Callable
from types import FrameType


def calls(function: Callable[[str], object], text: str) -> int:
    """How many functions, of Python and of C, `function(text)` calls, once it knows what it keeps of the text."""
    function(text)
    counted = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function(text)
    finally:
        sys.setprofile(before)
    return counted
