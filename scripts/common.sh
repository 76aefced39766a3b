# Sourced by the other scripts: Python 3.11 and Java 17 are checked, .venv is made in the project's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3.12 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 or 3.12 is needed; install it, or set PYTHON to it"
}

check_java() {
  local java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
  command -v "$java" >/dev/null || fail "Java 17 is needed: apt-get install openjdk-17-jre-headless, or set JAVA_HOME"
}

# venv EXTRAS: makes .venv and installs the project with those extras, once for each state of pyproject.toml.
venv() {
  local extras="$1" stamp=".venv/.installed-$1" python
  check_java
  if [ ! -x .venv/bin/python ]; then
    python="$(find_python)"
    echo "making .venv with $python"
    "$python" -m venv .venv || fail "no venv: on Debian and Ubuntu, apt-get install python3-venv"
  fi
  if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "installing deid_spark[$extras]"
    .venv/bin/python -m pip install --quiet --editable ".[$extras]"
    touch "$stamp"
  fi
  export PYSPARK_PYTHON="$PWD/.venv/bin/python" PYSPARK_DRIVER_PYTHON="$PWD/.venv/bin/python"
}
