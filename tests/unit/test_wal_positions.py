"""Places in the log, the names of segments, the way of timelines, the tail of a growing segment, a stream of tar."""

import io
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.backup.base.tar import Taking, TarStream
from lib.backup.pitr.records import end_of
from lib.backup.pitr.targets import parse_target
from lib.backup.wal.listing import Piece, covering
from lib.backup.wal.local import grown_to
from lib.backup.wal.positions import (
    PAGE,
    USUAL_SEGMENT,
    Segment,
    fork_path,
    format_lsn,
    parse_lsn,
    parse_segment,
    segments_between,
    written_end,
)
from lib.errors import ConfigurationError, Damaged

_PLACES = st.integers(0, (1 << 64) - 1)
_SIZES = st.sampled_from([1 << power for power in range(20, 31)])


@given(_PLACES)
def test_a_place_is_written_as_it_is_read(place: int) -> None:
    assert parse_lsn(format_lsn(place)) == place


@pytest.mark.parametrize("text", ["", "0", "0/", "/0", "0/123456789", "G/0", "0/0/0", "-1/0", "0 /0"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        parse_lsn(text)


@given(st.integers(1, (1 << 32) - 1), _PLACES, _SIZES)
def test_a_segment_has_one_name(timeline: int, place: int, size: int) -> None:
    segment = Segment(timeline, place // size)
    assert parse_segment(segment.name(size), size) == segment
    assert segment.start(size) <= place < segment.start(size) + size


@given(_PLACES)
def test_a_header_that_nobody_has_written_is_not_waited_for(place: int) -> None:
    end = written_end(place, USUAL_SEGMENT)
    assert end <= place
    assert end == place or (end % PAGE == 0 and place - end <= 40)


def test_of_a_segment_that_two_timelines_share_the_later_one_is_wanted() -> None:
    size = USUAL_SEGMENT
    path = fork_path(f"1\t{format_lsn(5 * size + 100)}\tno recovery target specified\n", 2)
    found = list(segments_between(path, 3 * size, 7 * size, size))
    assert found == [Segment(1, 3), Segment(1, 4), Segment(2, 5), Segment(2, 6)]


@pytest.mark.parametrize("text", ["one\t0/0\n", "1\n", "1\tnowhere\tx\n", "2\t0/1\tx\n1\t0/2\tx\n"])
def test_what_is_no_history_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no line|no place|do not go up"):
        fork_path(text, 3)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
def test_pieces_lead_as_far_as_any_choice_of_them_without_a_gap(spans: list[tuple[int, int]]) -> None:
    pieces = [Piece(start, start + length, str(number)) for number, (start, length) in enumerate(spans)]
    reached = 0
    while any(piece.start <= reached < piece.end for piece in pieces):
        reached = max(piece.end for piece in pieces if piece.start <= reached < piece.end)
    chosen = covering(pieces)
    assert (chosen[-1].end if chosen else 0) == reached
    place = 0
    for piece in chosen:
        assert piece.start <= place < piece.end
        place = piece.end


@given(st.binary(max_size=3 * PAGE), st.integers(0, 3 * PAGE))
def test_a_growing_segment_is_read_up_to_its_last_byte(written: bytes, known: int) -> None:
    # each page begins with a header, as the server writes it
    pages = [written[at : at + PAGE - 2] for at in range(0, len(written), PAGE - 2)]
    log = b"".join(b"\x18\xd1" + page for page in pages)
    end = len(log.rstrip(b"\0"))
    with tempfile.NamedTemporaryFile() as file:
        file.write(log + b"\0" * (8 * PAGE - len(log)))
        file.flush()
        assert grown_to(Path(file.name), min(known, end)) == end


@given(st.integers(1, 40_000), st.integers(0, 4 * PAGE // 8))
def test_the_next_record_begins_on_a_boundary_behind_this_one(count: int, words: int) -> None:
    place = USUAL_SEGMENT - 2 * PAGE + words * 8
    end = end_of(place, count, USUAL_SEGMENT)
    assert end % 8 == 0
    assert end >= place + count
    # one header a page at most, and what aligns it
    assert end - place - count <= 40 * (count // PAGE + 3) + 8


@given(
    st.lists(st.tuples(st.text("abc/", min_size=1, max_size=9), st.binary(max_size=2000)), max_size=6),
    st.integers(1, 700),
)
def test_a_stream_is_read_in_pieces_of_any_size(files: list[tuple[str, bytes]], size: int) -> None:
    wanted = b"the list of files"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in [*files, ("backup_manifest", wanted), ("last", b"x")]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    taking = Taking("backup_manifest")
    stream = TarStream(taking, what="a stream")
    data = made.getvalue()
    for at in range(0, len(data), size):
        stream.feed(data[at : at + size])
    stream.close()
    assert taking.found == wanted


def test_a_stream_that_is_cut_is_noticed() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("file")
        member.size = 3000
        tar.addfile(member, io.BytesIO(b"y" * 3000))
    for length in (0, 100, 512, 1000, 3584):
        stream = TarStream(Taking("file"), what="a stream")
        stream.feed(made.getvalue()[:length])
        with pytest.raises(Damaged, match="a stream ends too early"):
            stream.close()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("latest", "latest"),
        (" LATEST ", "latest"),
        ("2026-11-23 04:05:06Z", "2026-11-23 04:05:06Z"),
        ("2026-11-23T04:05:06.25+09:00", "2026-11-22 19:05:06.250000Z"),
        ("2026-11-23 04:05:06 UTC", "2026-11-23 04:05:06Z"),
        ("2026-11-23Z", "2026-11-23 00:00:00Z"),
        ("lsn:0/16b3740", "lsn:0/16B3740"),
        ("xid:4711", "xid:4711"),
        ("name:before the import", "name:before the import"),
    ],
)
def test_a_target_as_people_write_it(text: str, shown: str) -> None:
    assert str(parse_target(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-23 04:05:06", "2026-13-01Z", "lsn:", "lsn:7", "xid:two", "xid:1", "name:", "9" * 99],
)
def test_what_is_no_target_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_target(text)
    assert caught.value.hint
