"""The laws of the code base, held by reading the code itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPARK = ("pyspark", "sparknlp", "delta")
CORE = [p for p in sorted((ROOT / "deid_spark").rglob("*.py")) if "spark" not in p.relative_to(ROOT).parts[1:-1]]


def imported(path: Path) -> set[str]:
    """Top-level names of the packages that a file imports, and of its own Spark side, at any depth of nesting."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names} | {n for n in names if n.startswith("deid_spark.spark")}


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_spark_side_imports_spark(path):
    found = imported(path)
    assert found.isdisjoint(SPARK)
    assert not [name for name in found if name.startswith("deid_spark.spark")]


def test_the_pure_door_loads_no_spark():
    code = "import sys, deid_spark.pipeline, deid_spark.cli; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_jobs_are_arguments_config_and_one_call():
    for path in sorted((ROOT / "jobs").glob("*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name


def test_every_folder_of_data_names_its_sources():
    """By a SOURCE file beside the data; a folder of hand-written TOML may say it in the head of each file."""
    files = [p for p in (ROOT / "deid_spark" / "data").rglob("*") if p.is_file()]
    bare = []
    for folder in sorted({p.parent for p in files}):
        here = [p for p in files if p.parent == folder]
        if any(p.name.startswith("SOURCE") for p in here):
            continue
        if not all(p.suffix == ".toml" and p.read_text(encoding="utf-8").startswith("#") for p in here):
            bare.append(str(folder.relative_to(ROOT)))
    assert bare == []
