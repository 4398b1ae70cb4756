"""Ids of traces: what is well-formed is taken over, all else is as if it were not there."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.trace_ids import Parent, parent_in, trace_id_of, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"

hexadecimal = st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda text: text.strip("0"))
spans = st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda text: text.strip("0"))


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
    ],
)
def test_what_is_well_formed_is_read(header: str, sampled: bool) -> None:
    assert parent_in(header.encode()) == Parent(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"cc-{TRACE}-{SPAN}-01-" + "x" * 600,
    ],
)
def test_what_is_not_is_no_parent(header: str) -> None:
    assert parent_in(header.encode()) is None


@given(st.binary(max_size=80))
@example(f"00-{TRACE}-{SPAN}-0\xe9".encode("latin-1"))
def test_nothing_that_a_client_sends_is_an_error(header: bytes) -> None:
    parent = parent_in(header)
    assert parent is None or trace_id_of(parent.trace_id) == parent.trace_id


@given(hexadecimal, spans, st.booleans())
def test_what_is_passed_on_is_understood(trace: str, span: str, sampled: bool) -> None:
    assert parent_in(traceparent(trace, span, sampled=sampled).encode()) == Parent(trace, span, sampled)


@given(st.uuids())
def test_a_run_is_a_trace(run: object) -> None:
    assert trace_id_of(str(run)) == str(run).replace("-", "") or str(run).strip("0-") == ""


@given(st.text(max_size=64))
def test_every_id_has_a_trace(request_id: str) -> None:
    trace = trace_id_of(request_id)
    assert len(trace) == 32
    assert trace == trace_id_of(trace)
