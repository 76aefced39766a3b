"""The side-by-side page: lines that align, refusal without `synthetic`, and a page that stands alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from deid_spark.errors import ConfigError, SpanError
from deid_spark.labels import LABELS
from deid_spark.pages import environment
from deid_spark.review import write_review
from deid_spark.review.lines import side_by_side
from deid_spark.review.page import FAMILIES
from deid_spark.spans import Note, Provenance, ReleasedNote

NOTE = Note("n<1>", "p1", "Dr. Ann\nLee saw Bob\r\n& left.\n\nMay 3", "Letter")


def released(changes: list[tuple[str, str, str, str]], note: Note = NOTE, text: str | None = None) -> ReleasedNote:
    """A release of NOTE with (original, new, label, action) replaced in order."""
    made, position, rows = "", 0, []
    for original, new, label, action in changes:
        start = note.text.index(original, position)
        made += note.text[position:start]
        position = start + len(original)
        rows.append(
            Provenance(note.note_id, start, position, len(made), len(made) + len(new), label, action, ("known:x",), 0.9)
        )
        made += new
    made += note.text[position:]
    return ReleasedNote("r1", "q1", text or made, note.note_type, None, tuple(rows), note.note_id)


CHANGES = [
    ("Ann\nLee", "Eve\nRoe", "DOCTOR", "surrogate"), ("Bob", "<b>Al</b>", "PATIENT", "surrogate"),
    ("May 3", "Apr 26", "DATE", "shift"),
]  # fmt: skip


def test_lines_align():
    lines = side_by_side(NOTE, released(CHANGES))
    assert [("".join(p.original for p in line), "".join(p.released for p in line)) for line in lines] == [
        ("Dr. Ann\nLee saw Bob", "Dr. Eve\nRoe saw <b>Al</b>"),  # a span over a line break keeps its lines together
        ("& left.", "& left."),
        ("", ""),
        ("May 3", "Apr 26"),
    ]
    assert [piece.number for line in lines for piece in line if piece.change] == [0, 1, 2]


def test_lines_keep_both_texts_whole():
    note = NOTE._replace(text=NOTE.text.replace("\r", ""))
    lines = side_by_side(note, released(CHANGES, note))
    assert "\n".join("".join(p.original for p in line) for line in lines) == note.text
    assert "\n".join("".join(p.released for p in line) for line in lines) == released(CHANGES, note).text


@pytest.mark.parametrize("text", ["Dr. Eve\nRoe saw <b>Al</b>\r\n& stayed\n\nApr 26", "short", "Mr. Eve\nRoe saw"])
def test_a_release_that_does_not_fit_is_refused(text):
    with pytest.raises(SpanError) as caught:
        side_by_side(NOTE, released(CHANGES, text=text))
    assert "n<1>" in str(caught.value) and "Ann" not in str(caught.value)


@pytest.mark.parametrize("synthetic", [False, None, 1, "yes"])
def test_refused_unless_said_to_be_synthetic(tmp_path, synthetic):
    with pytest.raises(ConfigError, match="synthetic samples only"):
        write_review(tmp_path / "r.html", [(NOTE, released(CHANGES))], synthetic=synthetic)
    with pytest.raises(ConfigError):
        write_review(tmp_path / "r.html", [])
    assert list(tmp_path.iterdir()) == []


class Marks(HTMLParser):
    def __init__(self):
        super().__init__()
        self.marks: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        if tag == "mark":
            self.marks.append(dict(attrs))
            self.texts.append("")
        self.inside = tag == "mark"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data


@pytest.fixture
def page(tmp_path):
    write_review(tmp_path / "r.html", [(NOTE, released(CHANGES))], title="A & B", synthetic=True)
    return (tmp_path / "r.html").read_text()


def test_each_span_is_marked_on_both_sides(page):
    found = Marks()
    found.feed(page)
    assert [(m["data-n"], m["data-label"], text) for m, text in zip(found.marks, found.texts, strict=True)] == [
        ("0", "DOCTOR", "Ann\nLee"), ("1", "PATIENT", "Bob"),
        ("0", "DOCTOR", "Eve\nRoe"), ("1", "PATIENT", "<b>Al</b>"),
        ("2", "DATE", "May 3"), ("2", "DATE", "Apr 26"),
    ]  # fmt: skip
    assert {m["data-about"] for m in found.marks} == {"surrogate · 0.90 · known:x", "shift · 0.90 · known:x"}


def test_page_warns_sums_up_and_stands_alone(page):
    assert "For synthetic samples only." in page
    assert re.search(r"Action: surrogate</div><div class=\"value\">2</div><div class=\"of\">67% of spans", page)
    assert 'data-label="DATE">DATE <small>1</small>' in page
    assert "<b>Al</b>" not in page and "A &amp; B" in page and "n&lt;1&gt;" in page
    assert "http" not in page.replace("http-equiv", "") and "src=" not in page and "@import" not in page


def test_page_without_spans(tmp_path):
    write_review(tmp_path / "r.html", [(NOTE, released([]))], synthetic=True)
    assert "<mark" not in (tmp_path / "r.html").read_text()


def test_every_label_has_one_family():
    assert sorted(label for _, labels in FAMILIES.values() for label in labels) == sorted(LABELS)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("family", FAMILIES)
def test_colours_are_readable(family):
    """WCAG 2.1, 1.4.3: text has a contrast of 4.5 to its ground. Chips write the hue, marks the ink."""
    source = environment().loader.get_source(environment(), "review.html.j2")[0]
    hue = re.search(rf"--{family}: (#\w{{6}})", source).group(1)
    ground = re.search(rf"--{family}-bg: (#\w{{6}})", source).group(1)
    for ink in (hue, "#1c2430"):
        assert (luminance(ground) + 0.05) / (luminance(ink) + 0.05) >= 4.5
