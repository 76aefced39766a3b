"""The splice: bytes outside spans stay, offsets map both ways, whatever is replaced."""

from hypothesis import given, settings
from hypothesis import strategies as st

from deid_spark.replace.splice import OffsetMap, Replacement, splice


@st.composite
def replaced_texts(draw):
    """(text, sorted disjoint replacements); texts with line breaks, emoji and combining signs."""
    text = draw(st.text(alphabet="ab 1é\r\n\t😀́\u200b日", min_size=1, max_size=60))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    return text, [Replacement(a, b, draw(st.text(alphabet="XY\n😀", min_size=1, max_size=9))) for a, b in spans]


@settings(max_examples=300, deadline=None)
@given(replaced_texts())
def test_text_outside_the_spans_is_byte_identical(case):
    text, replacements = case
    released = splice(text, replacements)
    offsets = OffsetMap(replacements)
    edges = [0, *(e for r in replacements for e in (r.start, r.end)), len(text)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):  # the gaps
        # An empty gap between two replacements, or before one at the start, has nothing to compare.
        if start < end:
            at = offsets.to_released(start)
            assert released[at : at + end - start].encode("utf-8", "surrogatepass") == text[start:end].encode(
                "utf-8", "surrogatepass"
            )
    for replacement in replacements:
        assert released[offsets.to_released(replacement.start) :].startswith(replacement.text)
    assert len(released) == len(text) + sum(len(r.text) - (r.end - r.start) for r in replacements)


@settings(max_examples=300, deadline=None)
@given(replaced_texts())
def test_offsets_round_trip(case):
    text, replacements = case
    offsets = OffsetMap(replacements)
    inside = {i for r in replacements for i in range(r.start + 1, r.end)}
    start_of = {i: r.start for r in replacements for i in range(r.start, r.end)}
    previous = 0
    for offset in range(len(text) + 1):
        there = offsets.to_released(offset)
        assert there >= previous  # order stays
        previous = there
        back = offsets.to_original(there)
        assert back == (start_of[offset] if offset in inside else offset)


@settings(max_examples=100, deadline=None)
@given(replaced_texts())
def test_putting_the_originals_back_gives_the_original(case):
    text, replacements = case
    offsets = OffsetMap(replacements)
    undo = [
        Replacement(offsets.to_released(r.start), offsets.to_released(r.start) + len(r.text), text[r.start : r.end])
        for r in replacements
    ]
    assert splice(splice(text, replacements), undo) == text
