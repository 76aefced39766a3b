"""The shipped neural models, and what the detector makes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from deid_spark.detect.ensemble import Runs
from deid_spark.detect.ner import SHIPPED, NerModel
from deid_spark.errors import ConfigError
from deid_spark.labels import LABELS
from deid_spark.pipeline import Detector
from deid_spark.spans import Note

DATA = Path(__file__).parents[2] / "deid_spark" / "data" / "ner"
TEXT = (
    "She lives with her cousin Tavish and works as a welder at Dunmore Castings. "
    "Her sister called from Ashgrove, and marwa will drive her to the Riverbend infusion center.\n"
    "Foley out, Babinski negative, Hashimoto stable on levothyroxine."
)


@pytest.fixture(scope="module", params=SHIPPED)
def detector(request):
    built = Detector(ner=request.param)
    built.name = request.param
    return built


def found(detector, text):
    return {text[s.start : s.end] for s in detector.detect(Note("n", "p", text)) if s.score >= 0.5}


@pytest.mark.parametrize("name", ["Tavish", "Ashgrove", "marwa"])
def test_names_in_running_text_are_found(detector, name):
    assert any(name in surface for surface in found(detector, TEXT))


def test_one_mention_has_one_label():
    tags = ["O", "B-CITY", "I-CITY", "B-ORGANIZATION", "I-ORGANIZATION"]
    chances = np.array([[0, 0.9, 0, 0.1, 0], [0, 0, 0.4, 0, 0.6], [0.9, 0.1, 0, 0, 0], [0, 0, 0.3, 0, 0.7]])
    assert Runs(tags).even([5, 6, 7, 8], chances) == [1, 2, 0, 4]
    assert Runs(tags).even([5, 9, 10, 11], chances) == [1, 4, 0, 4]  # no neighbours, no run


def test_eponyms_and_drugs_stay(detector):
    text = TEXT[TEXT.index("Foley") :]
    assert found(detector, text) == set()


def test_a_note_does_not_depend_on_what_was_read_before(detector):
    first = detector.detect(Note("n", "p", TEXT))
    detector.detect(Note("m", "p", "Transferred from Oakfield by her nephew Ruairi at noon. " * 40))
    assert detector.detect(Note("n", "p", TEXT)) == first == Detector(ner=detector.name).detect(Note("n", "p", TEXT))


def test_the_fingerprint_covers_model_and_gate(detector):
    shut = Detector(ner=detector.name, gate=False)
    assert len({detector.fingerprint, shut.fingerprint, Detector().fingerprint}) == 3


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_says_what_it_is(name):
    model = NerModel.load(name)
    assert model.model_hash == model.settings["sha256"]
    assert {tag[2:] for tag in model.tags if tag != "O"} == set(LABELS)
    assert (DATA / name / "model.onnx").stat().st_size < 30_000_000
    assert set(model.settings["pooling"]) == {"context", "ner", "unasked", "bias"}


def test_chances_add_up_and_offsets_are_the_texts():
    tagged = NerModel.load("fast").tag(TEXT, [(0, 76), (76, len(TEXT))])
    assert np.allclose(tagged.chances.sum(axis=1), 1, atol=0.01)
    assert [TEXT[a:b] for a, b in zip(tagged.starts, tagged.ends, strict=True)][:4] == ["She", "lives", "with", "her"]
    assert tagged.ends[-1] == len(TEXT) and tagged.starts == sorted(tagged.starts)


@pytest.mark.parametrize("missing", ["model.onnx", "model.json", "vocab.txt"])
def test_a_folder_that_is_no_model_is_told_by_name(tmp_path, missing):
    shutil.copytree(DATA / "fast", tmp_path / "mine")
    (tmp_path / "mine" / missing).unlink()
    with pytest.raises(ConfigError, match="mine: not a model folder"):
        NerModel.load(str(tmp_path / "mine"))


def test_a_model_of_ones_own_is_loaded_by_path(tmp_path):
    shutil.copytree(DATA / "fast", tmp_path / "mine")
    said = json.loads((tmp_path / "mine" / "model.json").read_text())
    said["pooling"]["bias"] = 0.9
    (tmp_path / "mine" / "model.json").write_text(json.dumps(said))
    mine = Detector(ner=str(tmp_path / "mine"))
    assert mine.ensemble is not None and mine.ensemble.pooling.bias == 0.9
    assert mine.fingerprint != Detector(ner="fast").fingerprint
