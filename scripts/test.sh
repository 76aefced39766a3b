#!/usr/bin/env bash
# All set-up, then all tests: unit, property, golden, Spark. Arguments go to pytest.
source "$(dirname "$0")/common.sh"
venv spark,dev
exec .venv/bin/python -m pytest -q "$@"
