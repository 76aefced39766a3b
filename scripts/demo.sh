#!/usr/bin/env bash
# De-identifies the sample notes through the real Spark job with Delta, and makes a side-by-side page.
#   ./scripts/demo.sh [policy]      (surrogate, safe_harbor, limited_data_set, redact)
source "$(dirname "$0")/common.sh"
venv spark

policy="${1:-surrogate}"
out=demo/tables
mkdir -p demo
rm -rf "$out"
# A key for the demonstration only. A real one is made once, kept, and never shown.
[ -s demo/key.hex ] || (umask 077 && .venv/bin/python -c 'import secrets; print(secrets.token_hex(32))' >demo/key.hex)
DEID_SPARK_KEY="$(cat demo/key.hex)"
export DEID_SPARK_KEY

.venv/bin/python jobs/deidentify_notes.py --config conf/local.toml --policy "$policy" \
  --input examples/notes.jsonl --people examples/people.csv --output "$out" \
  --summary demo/summary.json --review demo/report.html
