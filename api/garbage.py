"""Keeps the garbage collector from looking through what stays as long as the process. It knows no request.

A full collection visits every object there is: with the listings in memory that is a pause which one request in a
hundred would wait for.
"""

import gc

# collections that look at young objects are cheap; the defaults make too many of the others
_THRESHOLDS = (10_000, 20, 50)


def keep_for_good() -> None:
    """What is there now is not looked at again. To be called once everything large is loaded, by a whole process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def keep_more() -> None:
    """The same for what was loaded since, in a process that keeps things for good."""
    if gc.get_freeze_count():
        keep_for_good()
