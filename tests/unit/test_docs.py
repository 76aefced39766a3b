"""What the documents say is there: files that they link to, tests that they name, actions, labels, kinds."""

import re
from pathlib import Path

import pytest

from deid_spark.labels import LABELS
from deid_spark.policy import ANY_LABEL_ACTIONS, EXTRA_ACTIONS, policy_names

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_tests_named_in_the_invariants_exist():
    named = NAMED_TEST.findall((ROOT / "docs" / "invariants.md").read_text(encoding="utf-8"))
    assert len(named) >= 8
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_every_policy_and_action_is_explained():
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    actions = {*ANY_LABEL_ACTIONS, *(action for extra in EXTRA_ACTIONS.values() for action in extra)}
    assert [action for action in sorted(actions) if f"| `{action}` |" not in text] == []
    assert [name for name in policy_names() if f"### `{name}`" not in text] == []


def test_every_label_is_in_the_readme_and_in_the_safe_harbor_table():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    life_cycle = (ROOT / "docs" / "phi_life_cycle.md").read_text(encoding="utf-8")
    for label in LABELS:
        assert re.search(rf"\b{label}\b", readme), label
        assert re.search(rf"\b{label}\b", life_cycle), label


def test_the_readme_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DEID_SPARK_KEY", "00" * 32)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 2
    names: dict = {}
    for block in blocks:
        exec(block, names)
    printed = capsys.readouterr().out
    assert "PATIENT" in printed and "DATE" in printed
    assert not re.search(r"Parkinson|Foley|6/21/1945|3/14/24", names["released"][0].text)
