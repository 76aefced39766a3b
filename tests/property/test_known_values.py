"""Known values in any text: offsets fit, what is planted is found, and nothing is found that is not there."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.known_text import FoldedText, fold
from deid_spark.detect.known_values import KnownValue, KnownValueMatcher
from deid_spark.people import load_kinds

LEXICON = Lexicon({}, {}, {}, {}, {}, {}, frozenset(), "none")
KINDS = sorted(load_kinds().labels)
# Letters that fold to more than one, combining marks, astral letters, digits of other scripts, odd spaces.
ODD = st.text(alphabet=st.sampled_from("abZ019 .,-'’\n\t/()#@ßﬁİıéÉñ\u0301\u0303𝒜😀٣ǅŉ\u00a0\u2028"), max_size=40)
PLANTED = (("given_name", "Ann"), ("family_name", "Vandersloot"), ("phone", "4192447703"))
TEXT = st.one_of(ODD, st.text(max_size=60))
VALUES = st.lists(st.tuples(st.sampled_from(KINDS), TEXT), max_size=8)


@settings(max_examples=150, deadline=None)
@given(values=VALUES, text=TEXT)
@example(values=[("url", ":::::")], text=":::::")
def test_spans_fit_any_text_and_any_values(values, text):
    spans = KnownValueMatcher([KnownValue("p", kind, value) for kind, value in values], LEXICON).detect(text)
    assert spans == sorted(spans, key=lambda s: (s.start, -s.end, -s.score, s.label, s.sources))
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert 0 < span.score <= 1
        assert any(c.isalnum() for c in text[span.start : span.end])


@settings(max_examples=100, deadline=None)
@given(text=TEXT)
def test_tokens_stand_where_their_offsets_say(text):
    doc = FoldedText(text)
    for i, word in enumerate(doc.words):
        assert fold(doc.surface(i)) == word
    assert (
        "".join(doc.gap(i) + (doc.surface(i) if i < len(doc.words) else "") for i in range(len(doc.words) + 1)) == text
    )


@settings(max_examples=100, deadline=None)
@given(before=ODD, after=ODD, form=st.sampled_from([
    "Vandersloot", "VANDERSLOOT", "vandersloot", "Vandersloot, Ann", "Ann\nVandersloot", "419-244-7703",
    "(419) 244 7703",
]))  # fmt: skip
def test_what_is_planted_is_found(before, after, form):
    matcher = KnownValueMatcher(
        [KnownValue("p", *known) for known in PLANTED],
        LEXICON,
    )
    text = f"{before} ; {form} ; {after}"
    start = len(before) + 3
    assert any(s.start <= start and start + len(form) <= s.end and s.score > 0.5 for s in matcher.detect(text))
