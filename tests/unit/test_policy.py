"""Shipped policies, and that a wrong one tells all its problems at once."""

import pytest

from deid_spark.errors import ConfigError
from deid_spark.labels import HIPAA_CATEGORY, LABELS
from deid_spark.policy import load_policy, policy_names


def test_the_four_shipped_policies_load():
    assert policy_names() == ["limited_data_set", "redact", "safe_harbor", "surrogate"]
    prints = {load_policy(name).fingerprint for name in policy_names()}
    assert len(prints) == 4


@pytest.mark.parametrize("label", [label for label in LABELS if HIPAA_CATEGORY[label]])
def test_safe_harbor_keeps_no_identifier(label):
    assert load_policy("safe_harbor").action(label) != "keep"


@pytest.mark.parametrize(
    ("label", "action"),
    [("DATE", "keep"), ("CITY", "keep"), ("STATE", "keep"), ("ZIP", "keep"), ("AGE", "keep"),
     ("STREET", "surrogate"), ("PATIENT", "surrogate"), ("MEDICALRECORD", "surrogate"), ("IPADDRESS", "surrogate")],
)  # fmt: skip
def test_limited_data_set_keeps_what_164_514_e_allows(label, action):
    assert load_policy("limited_data_set").action(label) == action


def test_redact_tags_every_label():
    assert {load_policy("redact").action(label) for label in LABELS} == {"redact"}


def test_all_problems_are_told_together(tmp_path):
    path = tmp_path / "mine.toml"
    actions = "\n".join(f'{label} = "redact"' for label in LABELS if label != "CITY")
    path.write_text(
        f'name = "mine"\ndescription = "d"\nversion = 1\nsurprise = 1\n[actions]\n{actions}\nPLANET = "keep"\n'
        '[dates]\nmax_weeks = 0\n[zip]\nrestricted = "census_1990"\n'.replace('DATE = "redact"', 'DATE = "surrogate"')
    )
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    message = str(caught.value)
    parts = ("surprise", "unknown label PLANET", "label CITY has no action", "DATE must be one of")
    for part in (*parts, "dates.max_weeks", "zip.restricted"):
        assert part in message
    assert all(line.startswith("mine.toml: ") for line in message.splitlines())


def test_the_fingerprint_follows_content_not_order(tmp_path):
    base = load_policy("redact")
    path = tmp_path / "p.toml"
    lines = "\n".join(f'{label} = "redact"' for label in reversed(LABELS))
    path.write_text(
        f'version = 1\nname = "redact"\ndescription = "{base.description}"\n'
        f'citation = "{base.citation}"\n[actions]\n{lines}\n'
    )
    assert load_policy(path).fingerprint == base.fingerprint
    path.write_text(path.read_text().replace('CITY = "redact"', 'CITY = "keep"'))
    assert load_policy(path).fingerprint != base.fingerprint


@pytest.mark.parametrize(("text", "problem"), [("name = ", "not valid TOML"), ("", "name")])
def test_unreadable_policies_say_what_is_wrong(tmp_path, text, problem):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=problem):
        load_policy(path)


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(ConfigError, match="safe_harbor"):
        load_policy("no_such")


def test_providers_are_a_flag(tmp_path):
    path = tmp_path / "p.toml"
    lines = "\n".join(f'{label} = "redact"' for label in LABELS)
    path.write_text(
        f'version = 1\nname = "p"\ndescription = "d"\n[actions]\n{lines}\n[providers]\ndeidentify = false\n'
    )
    assert load_policy(path).action("DOCTOR") == "keep"
    assert load_policy(path).action("PATIENT") == "redact"
