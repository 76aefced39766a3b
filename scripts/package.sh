#!/usr/bin/env bash
# dist/deid_spark.zip for spark-submit --py-files: the package with its data. Its dependencies must be on the workers.
source "$(dirname "$0")/common.sh"
mkdir -p dist
rm -f dist/deid_spark.zip
"$(find_python)" - <<'PY'
import zipfile
from pathlib import Path

with zipfile.ZipFile("dist/deid_spark.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(Path("deid_spark").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            archive.write(path)
PY
echo dist/deid_spark.zip
