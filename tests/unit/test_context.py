"""Context decides both ways: the same word is a person in one sentence and a term in the next. No known values here."""

import pytest

from deid_spark.detect.evidence import evidence
from deid_spark.detect.scene import survey
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import Vocabulary
from deid_spark.pipeline import Detector
from deid_spark.spans import Note

IDENTIFIERS = [
    ("Daughter May was at the bedside.", "May"),
    ("His brother Will Turner called from Ohio.", "Will Turner"),
    ("Seen by Dr. Foley in the ED.", "Foley"),
    ("Mrs. Parkinson reports no tremor.", "Parkinson"),
    ("Attending: Ruth Hodgkin, MD", "Ruth Hodgkin"),
    ("Lives in Reading, PA with her son.", "Reading"),
    ("Mr. Jackson was discharged home.", "Jackson"),
    ("Dr. Lewy agrees with the plan.", "Lewy"),
    ("Discussed with Karen Hunt, RN.", "Karen Hunt"),
    ("Mr. Brown has brown sputum.", "Brown"),
    ("Rose walked in the hall with PT.", "Rose"),
    ("PATIENT: OKONKWO, CHIDI M", "OKONKWO, CHIDI M"),
    ("Patient Name: Maria De La Cruz", "Maria De La Cruz"),
    ("wife joy updated by phone, agrees", "joy"),
    ("dr patel aware", "patel"),
    ("Transferred from Lakeview Regional Hospital.", "Lakeview Regional Hospital"),
    ("Works at Harmon Steel as a welder.", "Harmon Steel"),
    ("Works at Harmon Steel as a welder.", "welder"),
    ("She lives in Duluth, Minnesota.", "Duluth"),
    ("cc: Anna Bergstrom, MD", "Anna Bergstrom"),
    ("John\nSmith was seen today.", "John"),
    ("Sincerely,\nPriya Raman, MD", "Priya Raman"),
    ("Her father, 71, is a retired mailman.", "71"),
    ("Her father, 71, is a retired mailman.", "mailman"),
    ("Nurse Baker gave report to Tyrell.", "Baker"),
    ("Nurse Baker gave report to Tyrell.", "Tyrell"),
]

NEAR_MISSES = [
    ("She may go home on Friday.", "may"),
    ("May have acetaminophen 650 mg q6h prn.", "May"),
    ("Will follow up in clinic in 2 weeks.", "Will"),
    ("Foley catheter placed, 600 mL out.", "Foley"),
    ("The Foley was removed this morning.", "Foley"),
    ("History of Parkinson disease since last year.", "Parkinson"),
    ("Hodgkin lymphoma in remission.", "Hodgkin"),
    ("Reading glasses at the bedside.", "Reading"),
    ("Jackson-Pratt drain to bulb suction.", "Jackson"),
    ("Dementia with Lewy bodies.", "Lewy"),
    ("Hunt & Hess grade 2 subarachnoid hemorrhage.", "Hunt"),
    ("Apgars 8 and 9.", "Apgar"),
    ("Apgar scores 8/9 at 1 and 5 minutes.", "Apgar"),
    ("Brown sputum this morning.", "Brown"),
    ("Temperature rose to 101.", "rose"),
    ("Metformin 500 mg BID, Lipitor 40 mg.", "Lipitor"),
    ("CBC, CMP and TSH were normal.", "TSH"),
    ("Kocher clamp and Metzenbaum scissors were used.", "Kocher"),
    ("Trendelenburg position.", "Trendelenburg"),
    ("L4/5 disc, 4/5 strength.", "4/5"),
    ("Pain 8/10, BP 120/80.", "8/10"),
    ("38 2/7 weeks by dates.", "2/7"),
    ("Emergency Department course was uneventful.", "Emergency"),
    ("Follow up with Social Work.", "Social"),
    ("Babinski downgoing bilaterally.", "Babinski"),
]


@pytest.fixture(scope="module")
def detector():
    return Detector()


def found(detector, text):
    return [(s.start, s.end) for s in detector.detect(Note("n", "p", text)) if s.score >= 0.5]


@pytest.mark.parametrize(("text", "name"), IDENTIFIERS)
def test_a_name_is_found(detector, text, name):
    start = text.index(name)
    spans = found(detector, text)
    letters = [i for i in range(start, start + len(name)) if text[i].isalnum()]
    assert all(any(a <= i < b for a, b in spans) for i in letters), spans


@pytest.mark.parametrize(("text", "term"), NEAR_MISSES)
def test_a_term_is_left_alone(detector, text, term):
    start = text.index(term)
    assert not [span for span in found(detector, text) if span[0] < start + len(term) and start < span[1]]


def test_a_name_sure_in_one_place_is_found_in_the_others(detector):
    text = "Seen with Tobenna Okonkwo, MD. Plan per okonkwo: diuresis. OKONKWO to call family."
    spans = found(detector, text)
    for at in (text.index("okonkwo"), text.index("OKONKWO")):
        assert any(a <= at and at + 7 <= b for a, b in spans)


def test_a_possessive_stays_outside(detector):
    text = "Mrs. Abernathy's daughter called."
    assert (5, 14) in found(detector, text)


def test_no_feature_holds_the_surface_of_a_name():
    vocabulary = Vocabulary.load()
    text = "Patient: Zebulon Quackenbush, seen by Dr. Vishwanathan of Ypsilanti, wife Marisol."
    doc = Document(text, vocabulary)
    scene = survey(doc, vocabulary, [])
    said = " ".join(f for features in evidence(scene, list(range(doc.size))) for f in features).lower()
    for name in ("zebulon", "quackenbush", "vishwanathan", "ypsilanti", "marisol"):
        assert name not in said


def test_tokens_keep_their_offsets():
    text = "O'Brien–Smith’s 5mg x2,\tŁódź 😀 end"
    doc = Document(text, Vocabulary.load())
    assert [text[a:b] for a, b in zip(doc.starts, doc.ends, strict=True)] == doc.words
    assert "".join(g + w for g, w in zip(doc.gaps, [*doc.words, ""], strict=True)) == text
    assert doc.lowers[:3] == ("o'brien", "smith", "5")
