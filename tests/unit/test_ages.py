"""Ages: over the top they fold, below they stay as they stand."""

import pytest

from deid_spark.replace.ages import WITHHELD, fold_age


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("92", "90+"),
        ("90", "90+"),
        ("101", "90+"),
        ("9O", "90+"),
        ("9l", "90+"),
        ("92 yo", "90+"),
        ("90+", "90+"),
        ("90s", "90+"),
        ("90's", "90+"),
        ("early 90s", "90+"),
        ("93 1/2", "90+"),
        ("ninety", "90+"),
        ("Ninety-four", "90+"),
        ("ninety two", "90+"),
        ("nineties", "90+"),
        ("a hundred", "90+"),
        ("one hundred and two", "90+"),
        ("four score and twelve", "90+"),
        ("nonagenarian", "90+"),
        ("XCII", "90+"),
        ("88-92", "88-90+"),
        ("88 to 92", "88 to 90+"),
        ("eighty-eight to ninety-one", "eighty-eight to 90+"),
        ("91-95", "90+"),
    ],
)
def test_over_the_top_folds(text, folded):
    assert fold_age(text, 89) == folded


KEPT = ["89", "67", "3", "80s", "40S", "eighty-nine", "Seventy-three", "three-score-and-six", "LXXIX", "11 1/2", "1.5"]
KEPT += ["88-89", "twenty-one", "octogenarian", "infant", "teens", "sixtyish"]


@pytest.mark.parametrize("text", KEPT)
def test_below_the_top_stays(text):
    assert fold_age(text, 89) == text


@pytest.mark.parametrize(
    "following", [" months", "-week-old", " days old", " wks", " mo old", "\nmonths", " m/o", " hours"]
)
def test_small_units_do_not_fold(following):
    assert fold_age("92", 89, following) == "92"


@pytest.mark.parametrize("following", [" M with", "-year-old", " mother", " days".replace("days", "moderately"), ""])
def test_other_words_are_no_units(following):
    assert fold_age("92", 89, following) == "90+"


def test_units_inside_the_text():
    assert fold_age("92 mo", 89) == "92 mo"
    assert fold_age("92-week-old", 89) == "92-week-old"


@pytest.mark.parametrize("text", ["elderly", "1931", "???", "Otto"])
def test_what_tells_no_age_is_withheld(text):
    assert fold_age(text, 89) == WITHHELD


def test_the_top_is_the_policys():
    assert fold_age("81", 80) == "81+"
    assert fold_age("80", 80) == "80"
