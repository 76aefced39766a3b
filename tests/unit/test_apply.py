"""One note under each policy: what is replaced, what stays, where it is afterwards, what is never passed through."""

from datetime import date, datetime
from itertools import pairwise

import pytest

from deid_spark.errors import DeidError, SpanError
from deid_spark.identities import Mention, PatientIdentities, link
from deid_spark.keys import Key, RandomKey
from deid_spark.policy import load_policy
from deid_spark.replace.apply import note_pseudonym, release_note
from deid_spark.replace.splice import OffsetMap, Replacement, splice
from deid_spark.spans import Note, Span

KEY = Key(b"0123456789abcdef")
RUN = date(2026, 1, 1)
# Marks are [[LABEL|text]]; built into a text and spans by `marked`.
MARKED = (
    "DOB: [[DATE|3/14/1931]]  MRN: [[MEDICALRECORD|00418827]]\r\n[[PATIENT|Ruth Okafor]] is a [[AGE|92]]-year-old seen "
    "[[DATE|Tuesday 3/5]] in [[CITY|Duluth]], [[STATE|MN]] [[ZIP|55812]]. 😀 Sister [[AGE|92]] weeks younger? Call "
    "[[PHONE|(715) 834-2967 x22]] or fax [[FAX|715.834.2967]].\r\nNext [[DATE|12/30/2027]]. [[DATE|the usual]]. Na 136."
)


def marked(text):
    """(plain text, spans) of a text with marks."""
    plain, spans, position = "", [], 0
    while (start := text.find("[[", position)) >= 0:
        end = text.index("]]", start)
        label, value = text[start + 2 : end].split("|")
        plain += text[position:start]
        spans.append(Span(len(plain), len(plain) + len(value), label, 0.9, ("gold",)))
        plain += value
        position = end + 2
    return plain + text[position:], spans


def release(policy="surrogate", text=MARKED, key=KEY, note_datetime=datetime(2024, 3, 5, 9, 30), **changes):
    plain, spans = marked(text)
    note = Note("n1", "p1", plain, "Progress", note_datetime)
    rules = load_policy(policy).model_copy(update=changes)
    mentions = [Mention(span.label, plain[span.start : span.end], "n1") for span in spans]
    identities = PatientIdentities(link("p1", mentions, policy=rules, key=key))
    return note, spans, identities, release_note(note, spans, identities, policy=rules, key=key, run_date=RUN)


def pieces(released):
    """Released text of each span, in order."""
    return [released.text[row.released_start : row.released_end] for row in released.provenance]


def test_surrogates_take_each_place_and_the_rest_stays():
    note, spans, identities, out = release()
    new = pieces(out)
    moved = date(2024, 3, 5).toordinal() + 7 * identities.shift_weeks
    assert new[0] == f"{date.fromordinal(moved).year - 90} or earlier"
    assert new[1].startswith("00") and new[1] != "00418827" and len(new[1]) == 8
    assert "Ruth" not in out.text and "Okafor" not in out.text
    assert new[3] == "90+" and new[8] == "92"  # weeks are no years
    assert new[4] == f"Tuesday {date.fromordinal(moved).month}/{date.fromordinal(moved).day}"
    assert new[6] == "MN"
    assert new[9][10:14] == "01" + new[9][12:14] and new[9].endswith(tuple(f"x{n:02d}" for n in range(100)))
    old_gaps = [note.text[a.end : b.start] for a, b in pairwise(spans)]
    rows = out.provenance
    assert old_gaps == [out.text[a.released_end : b.released_start] for a, b in pairwise(rows)]
    assert out.text.endswith(". Na 136.") and out.text.startswith("DOB: ")
    assert out.note_datetime == datetime.fromordinal(moved).replace(hour=9, minute=30)


def test_provenance_tells_what_was_done():
    _, spans, _, out = release()
    rows = out.provenance
    assert [(row.start, row.end, row.label, row.score, row.sources) for row in rows] == [
        (span.start, span.end, span.label, 0.9, ("gold",)) for span in spans
    ]
    actions = {(row.label, row.action) for row in rows}
    assert {("STATE", "keep"), ("AGE", "fold"), ("DATE", "shift"), ("PATIENT", "surrogate")} <= actions
    withheld = [row for row in rows if row.action == "redact"]
    assert [out.text[row.released_start : row.released_end] for row in withheld] == ["[DATE]", "[DATE]"]
    assert {row.note_id for row in rows} == {"n1"}


def test_dates_after_the_cutoff_or_not_understood_are_withheld():
    new = pieces(release()[3])
    assert new[11:] == ["[DATE]", "[DATE]"]  # 12/30/2027 stays after the run's day; `the usual` is no date


def test_safe_harbor():
    new = pieces(release("safe_harbor")[3])
    assert new[0] == "1934 or earlier"
    assert new[3] == "90+"
    assert new[4] == "2024"
    assert new[7] == "558**"
    assert new[11] == "2027"
    assert release("safe_harbor")[3].note_datetime == datetime(2024, 1, 1)


def test_redact_numbers_identities_and_leaves_no_date():
    _, _, _, out = release("redact")
    new = pieces(out)
    assert new[2] == "[PATIENT-1]"
    assert new[1] == "[MEDICALRECORD-1]"
    assert all(text.startswith("[") and text.endswith("]") for text in new)
    assert out.note_datetime is None
    assert {row.action for row in out.provenance} == {"redact"}


def test_limited_data_set_keeps_dates_and_places():
    note, _, _, out = release("limited_data_set")
    new = pieces(out)
    assert new[0] == "3/14/1931" and new[5] == "Duluth" and new[7] == "55812"
    assert out.note_datetime == note.note_datetime
    assert "Okafor" not in out.text


def test_the_same_every_time_and_another_key_another_life():
    assert release()[3] == release()[3]
    other = release(key=Key(b"another key of 16"))[3]
    assert other.text != release()[3].text
    assert other.note_id != release()[3].note_id and other.patient_id != release()[3].patient_id


def test_ids_are_pseudonyms():
    note, _, identities, out = release()
    assert out.source_note_id == "n1"
    assert len(out.note_id) == 24 and int(out.note_id, 16)
    assert out.patient_id == identities.patient_pseudonym != "p1"
    assert note_pseudonym(note._replace(note_id="n2"), identities, KEY) != out.note_id


def test_random_crosswalk_repeats_what_is_kept():
    note, spans, identities, out = release("safe_harbor", key=RandomKey())
    again = release_note(note, spans, identities, policy=load_policy("safe_harbor"), key=RandomKey(), run_date=RUN)
    assert again == out
    assert release("safe_harbor", key=RandomKey())[3].note_id != out.note_id


def test_spans_below_the_threshold_stay():
    note, spans, identities, _ = release()
    low = [span._replace(score=0.4) for span in spans]
    out = release_note(note, low, identities, policy=load_policy("surrogate"), key=KEY, run_date=RUN)
    assert out.text == note.text
    assert {row.action for row in out.provenance} == {"keep"}


def test_a_note_without_a_date_takes_the_middle_of_its_own():
    text = (
        "DOB: [[DATE|1/2/1950]]. [[DATE|3/4/2019]] to [[DATE|03/09/2019]], again [[DATE|12/30]]. Exp [[DATE|2/1/2021]]"
    )
    new = pieces(release("safe_harbor", text=text, note_datetime=None)[3])
    assert new == ["1950", "2019", "2019", "2018", "2021"]
    assert release(text=text, note_datetime=None)[3].note_datetime is None


def test_birth_cues_decide_the_century():
    text = "born [[DATE|4/5/25]], card until [[DATE|4/5/25]], DOB [[DATE|4/5/25]] seen [[DATE|4/5/25]]"
    assert pieces(release("safe_harbor", text=text)[3]) == ["1934 or earlier", "2025", "1934 or earlier", "2025"]


def test_one_number_in_several_forms_is_one():
    text = "[[PHONE|715-834-2967]] [[FAX|(715) 834-2967]] [[PHONE|715.834.2967 x22]] [[PHONE|834-2967]]"
    phone, fax, extended, local = ("".join(filter(str.isdigit, new)) for new in pieces(release(text=text)[3]))
    assert phone == fax == extended[:10]
    assert phone.endswith(local) and len(local) == 7


def test_what_does_not_fit_raises_without_the_text():
    note, spans, identities, _ = release()
    policy = load_policy("surrogate")
    for wrong in ([spans[0], spans[0]], [Span(0, len(note.text) + 1, "DATE")], [Span(3, 3, "DATE")]):
        with pytest.raises(SpanError) as error:
            release_note(note, wrong, identities, policy=policy, key=KEY, run_date=RUN)
        assert "Okafor" not in str(error.value)


def test_a_mention_without_identity_is_not_passed_through():
    note, _, identities, _ = release()
    unseen = [Span(note.text.index("Call"), note.text.index("Call") + 4, "MEDICALRECORD")]
    released = release_note(note, unseen, identities, policy=load_policy("surrogate"), key=KEY, run_date=RUN)
    assert "Call" not in released.text and "[MEDICALRECORD]" in released.text
    with pytest.raises(DeidError) as error:  # a patient without any identity: the note fails
        release_note(note, unseen, PatientIdentities([]), policy=load_policy("surrogate"), key=KEY, run_date=RUN)
    assert "Call" not in str(error.value)


def test_splice_and_offsets():
    replacements = [Replacement(2, 4, "XYZ"), Replacement(4, 5, "Q"), Replacement(8, 10, "")]
    assert splice("0123456789", replacements) == "01XYZQ567"
    offsets = OffsetMap(replacements)
    assert [offsets.to_released(i) for i in range(11)] == [0, 1, 2, 2, 5, 6, 7, 8, 9, 9, 9]
    assert [offsets.to_original(i) for i in range(9)] == [0, 1, 2, 2, 2, 4, 5, 6, 7]


def test_no_spans_no_change():
    note = Note("n1", "p1", "Na 136. 😀\r\n", None, None)
    identities = PatientIdentities(link("p1", [], policy=load_policy("surrogate"), key=KEY))
    out = release_note(note, [], identities, policy=load_policy("surrogate"), key=KEY, run_date=RUN)
    assert (out.text, out.provenance, out.note_datetime) == (note.text, (), None)


def test_a_form_that_was_never_linked_becomes_a_plain_tag():
    note = Note("n1", "p1", "Seen at Elm Grove Clinic by Ann Lee.")
    linked = link("p1", [Mention("DOCTOR", "Ann Lee", "n1")], policy=load_policy("surrogate"), key=Key(b"k" * 16))
    spans = [Span(8, 24, "HOSPITAL", 0.9, ("s",)), Span(28, 35, "DOCTOR", 0.9, ("s",))]
    released = release_note(
        note,
        spans,
        PatientIdentities(linked),
        policy=load_policy("surrogate"),
        key=Key(b"k" * 16),
        run_date=date(2024, 1, 1),
    )
    assert released.text.startswith("Seen at [HOSPITAL] by ") and "Ann" not in released.text
    assert [row.action for row in released.provenance] == ["redact", "surrogate"]
