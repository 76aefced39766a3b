"""The merge is order-free, idempotent, and loses no letter that a detector found and nothing protects."""

from hypothesis import given, settings
from hypothesis import strategies as st

from deid_spark.labels import LABELS, PROTECTED
from deid_spark.merge import merge
from deid_spark.spans import Span, check_spans

TEXT = "ab c, d-e f. Gh 12/34 ij; kl (mn) op: qr\nst"


@st.composite
def spans(draw, labels=LABELS[:5]):
    start = draw(st.integers(0, len(TEXT) - 1))
    end = draw(st.integers(start + 1, min(len(TEXT), start + 12)))
    score = draw(st.sampled_from([0.5, 0.6, 0.8, 0.9, 1.0]))
    return Span(start, end, draw(st.sampled_from(labels)), score, (draw(st.sampled_from(["a", "b"])),))


@settings(max_examples=200, deadline=None)
@given(st.lists(spans(), max_size=8), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_the_result_fits(found, random):
    merged = merge(TEXT, found)
    check_spans("n", len(TEXT), merged)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert merge(TEXT, shuffled) == merged


@settings(max_examples=200, deadline=None)
@given(st.lists(spans(), max_size=8))
def test_every_letter_found_stays_found(found):
    covered = {i for s in merge(TEXT, found) for i in range(s.start, s.end)}
    wanted = {i for s in found for i in range(s.start, s.end) if TEXT[i].isalnum()}
    assert wanted <= covered


@settings(max_examples=200, deadline=None)
@given(st.lists(spans(labels=(*LABELS[:3], PROTECTED)), max_size=8))
def test_nothing_is_invented(found):
    merged = merge(TEXT, found)
    assert all(s.label != PROTECTED for s in merged)
    for s in merged:
        inside = [f for f in found if f.label == s.label and f.start < s.end and s.start < f.end]
        assert inside, s
