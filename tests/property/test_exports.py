"""Whatever the bytes: the reader of exports raises nothing, and a record survives every damage around it."""

import json
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.parsers.exports import events
from iisight.parsers.exports.shapes import event_in
from tests.fuzz.fuzz_exports import fuzz_one, seeds, tokens

NAMES = (
    "Event", "System", "EventData", "UserData", "EventID", "Value", "Data", "#text", "#attributes", "winlog",
    "event_data", "user_data", "event", "code", "result", "_raw", "_source", "host", "user", "Channel",
    "Provider", "TimeCreated", "SystemTime", "Message", "source", "process",
)  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES) | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
pieces = st.lists(st.sampled_from(tokens()) | st.binary(max_size=8), max_size=12).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(seeds()), st.integers(0, 5000), pieces)
def test_any_bytes_raise_nothing(seed: bytes, at: int, wedge: bytes) -> None:
    fuzz_one(seed[:at] + wedge + seed[at:])


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.text(max_size=9), values) | values.filter(lambda value: isinstance(value, dict)))
def test_any_tree_is_an_event_or_none(value: dict[str, object]) -> None:
    event = event_in(value, Locator("x"))
    assert event is None or all(isinstance(text, str) for text in event.fields.values())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="{\r\n"), max_size=30), min_size=1, max_size=5))
def test_lines_that_hold_no_record_hide_none_of_those_that_do(noise: list[str]) -> None:
    record = json.dumps({"EventID": 5, "Channel": "Security"})
    body = "\n".join(f"{line}\n{record}" for line in noise)
    found = list(events(BytesIO(b"\xef\xbb\xbf" + f"{record}\n{body}".encode()), Locator("x")))
    assert sum(isinstance(one, Event) for one in found) == len(noise) + 1
