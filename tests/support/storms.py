"""Posts that make noise, and posts that make none, for tests of what copies count. It stores and reads nothing."""

from datetime import datetime, timedelta

from lib.domain.posts import Post

TEXT = "$AAPL is about to explode, this great product will change everything, buy before the others do"
_CALM = ("great phone", "bad quarter", "good company", "terrible price", "nice chart")


def storm(start: datetime, copies: int = 200) -> list[Post]:
    """One text again and again within four minutes, by three accounts that are a week old, each time with another link,
    tag and handle.
    """
    return [
        Post(
            source="test",
            external_id=f"storm {number}",
            published_at=start + timedelta(minutes=4) * (number / copies),
            text=f"RT @user{number}: {TEXT} https://example.com/{number} #tag{'abc'[number % 3]}",
            author=f"new {number % 3}",
            author_since=start - timedelta(days=7),
        )
        for number in range(copies)
    ]


def calm(start: datetime) -> list[Post]:
    """Five people, each with words of their own and an old account."""
    return [
        Post(
            source="test",
            external_id=f"calm {number}",
            published_at=start + timedelta(seconds=30 * number),
            text=f"$AAPL {words} if you ask me",
            author=f"old {number}",
            author_since=start - timedelta(days=900),
        )
        for number, words in enumerate(_CALM)
    ]
