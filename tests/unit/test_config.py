"""Job configs: everything wrong is said at once, before a JVM starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_spark.config import Output, load_config, require_places
from deid_spark.errors import ConfigError

ROOT = Path(__file__).parents[2]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["local.toml", "cluster.toml", "omop.toml"])
def test_shipped_configs_load(name: str) -> None:
    config = load_config(ROOT / "conf" / name, {"source": {"path": "n.jsonl", "table": None, "format": "jsonl"}})
    require_places(config)
    assert len(config.fingerprint) == 16


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = """
    polcy = "x"
    [source]
    path = "a"
    table = "b"
    mode = "sometimes"
    [source.columns]
    txt = "note_text"
    [limits]
    max_note_chars = 0
    [key]
    epoch = 0
    env = "NOT A NAME"
    [spark]
    "shuffle.partitions" = 3
    """
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    problems = "\n".join(caught.value.problems)
    for key in ("polcy", "source.mode", "source.columns.txt", "limits.max_note_chars", "key.epoch", "key.env", "spark"):
        assert key in problems, key
    assert str(caught.value).startswith("job.toml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[source]\npath = "a"\ntable = "b"', "path or table, not both"),
        ('[source]\ntable = "b"\nformat = "csv"', "a table has no format"),
        ('[source]\ncolumns = "fhir"', "no such column preset; there are omop"),
        ('[output]\npath = "a"\nsecure_schema = "s"', "not both"),
        ('[output]\nsecure_schema = "s"', "go together"),
        ('[output]\nsecure_schema = "s"\nrelease_schema = "s"\naudit_schema = "a"', "must differ"),
        ('[key]\nkey = "00112233445566778899aabbccddeeff"', "key.key"),
        ("[run]\nid = 'a b/c'", "run.id"),
        ('include = "spark.toml"', "must be a list"),
        ("not toml", "not valid TOML"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(write(tmp_path, text))


def test_a_key_given_by_mistake_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, '[key]\nvalue = "00112233445566778899aabbccddeeff"'))
    assert "00112233" not in str(caught.value)


def test_overrides_win_section_by_section(tmp_path: Path) -> None:
    path = write(tmp_path, '[source]\npath = "a"\nmode = "snapshot"\n[spark]\n"spark.a" = 1\nspark.b.c = true')
    config = load_config(path, {"source": {"path": "z"}, "policy": "redact"})
    assert (config.source.path, config.source.mode, config.policy) == ("z", "snapshot", "redact")
    assert config.spark == {"spark.a": "1", "spark.b.c": "true"}


def test_an_included_file_lies_under_the_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('policy = "redact"\n[limits]\nbatch_rows = 7\nbatch_chars = 20000\n')
    path = write(tmp_path, 'include = ["base.toml"]\n[limits]\nbatch_rows = 9\n')
    config = load_config(path)
    assert (config.policy, config.limits.batch_rows, config.limits.batch_chars) == ("redact", 9, 20000)


def test_places_must_be_named() -> None:
    with pytest.raises(ConfigError) as caught:
        require_places(load_config(None))
    assert len(caught.value.problems) == 2
    require_places(load_config(None, {"output": {"path": "x"}}), source=False)


def test_the_fingerprint_is_of_what_is_said_and_not_of_the_run_id() -> None:
    one = load_config(None, {"run": {"id": "a"}})
    assert one.fingerprint == load_config(None, {"run": {"id": "b"}}).fingerprint
    assert one.fingerprint != load_config(None, {"limits": {"batch_rows": 5}}).fingerprint
    assert Output().path is None
