"""Kept answers never take more room than they are given, and what was asked for last stays."""

from hypothesis import given
from hypothesis import strategies as st

from lib.cache.answers import Answer, AnswerMemory, Bytes


def _answer(length: int) -> Answer:
    return Answer(b"text/plain", b"no-cache", b'"tag"', b"x" * length)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30_000), st.booleans()), max_size=80))
def test_the_room_is_never_exceeded(kept: list[tuple[int, int, bool]]) -> None:
    memory = AnswerMemory(100_000)
    for key, length, grows in kept:
        answer = _answer(length)
        memory.keep(key, ("here", length), answer)
        if grows:
            answer.encoded[b"gzip"] = Bytes(b"x" * (length // 2), b'"tag-gzip"')
            memory.grew(key, answer)
        assert memory.size <= 100_000
    found = [memory.find(key, ("here", length)) for key in range(21) for length in {entry[1] for entry in kept}]
    assert memory.size == sum(answer.size for answer in found if answer is not None)


def test_what_nobody_asked_for_longest_goes_first() -> None:
    memory = AnswerMemory(10 * 1500)
    for key in range(9):
        memory.keep(key, (1,), _answer(500))
    assert memory.find(0, (1,)) is not None
    for key in range(9, 12):
        memory.keep(key, (1,), _answer(500))
    assert [memory.find(key, (1,)) is not None for key in range(5)] == [True, False, False, False, True]


def test_only_the_same_stamp_finds_and_one_answer_is_kept_under_a_key() -> None:
    memory = AnswerMemory(100_000)
    memory.keep("key", ("here", 1), _answer(10))
    assert memory.find("key", ("here", 2)) is None
    memory.keep("key", ("here", 2), _answer(20))
    assert memory.find("key", ("here", 1)) is None
    assert len(memory) == 1


def test_an_answer_that_would_push_out_everything_else_is_not_kept() -> None:
    memory = AnswerMemory(80_000)
    memory.keep("small", (1,), _answer(10))
    memory.keep("large", (1,), _answer(20_000))
    assert memory.find("large", (1,)) is None
    assert memory.find("small", (1,)) is not None
    memory.keep("none", (1,), _answer(0))
    assert AnswerMemory(0).find("none", (1,)) is None
