"""How far a mean of so many posts by so many people can be trusted. It does not know what they said."""

from typing import Literal

Confidence = Literal["none", "low", "medium", "high"]

MEDIUM = (10, 5)
HIGH = (50, 20)


def confidence(posts: int, authors: int) -> Confidence:
    """`high` from 50 posts by 20 people on, `medium` from 10 by 5, `low` below, `none` without posts.

    >>> confidence(0, 0), confidence(9, 9), confidence(10, 5), confidence(500, 4), confidence(50, 20)
    ('none', 'low', 'medium', 'low', 'high')
    """
    if posts == 0:
        return "none"
    if posts >= HIGH[0] and authors >= HIGH[1]:
        return "high"
    return "medium" if posts >= MEDIUM[0] and authors >= MEDIUM[1] else "low"
