"""X's ids hold the time of publication: milliseconds since X's own epoch, above 22 bits that tell posts of one
millisecond apart. It does not know posts.
"""

from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
_BITS = 22
_LARGEST = 2**63 - 1


def time_of(post_id: int) -> datetime:
    """The millisecond (UTC) in which X gave out `post_id`; X's epoch for the few ids from before it.

    >>> str(time_of(2**61))
    '2028-04-05 23:39:48.545000+00:00'
    """
    return _EPOCH + (post_id >> _BITS) * MILLISECOND


def first_id(at: datetime) -> int:
    """The lowest id that a post published at `at` or later can have.

    >>> first_id(time_of(2**61)) == 2**61
    True
    """
    return max(-((_EPOCH - at) // MILLISECOND), 0) << _BITS


def post_id(text: str) -> int:
    """`text` as an id. Raises ValueError where it is none."""
    if not (text.isascii() and text.isdecimal()) or not 0 < (number := int(text[:20])) <= _LARGEST:
        raise ValueError(f"{text[:30]!r} is not the id of a post")
    return number
