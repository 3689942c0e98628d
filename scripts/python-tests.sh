#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests that need Python: the editors' grammars with their real tools, the language server with a
# real client, notebook files against their format, the kernel for Jupyter with Jupyter's own test
# suite, the kernels of each instruction-set level, tensor functions compared with NumPy, files
# written by other programs and malformed ones, models compared with PyTorch. Creates a virtual
# environment under .build with the pinned packages of Tests/Editors/requirements.txt; packages that
# cannot be installed are named and counted as skipped.
# usage: scripts/python-tests.sh BINARY [PYTEST ARGUMENTS...]
set -u
binary=$(realpath "${1:?usage: python-tests.sh BINARY}")
shift
cd "$(dirname "$0")/.." || exit 1
export SMAP=$binary PYTHONDONTWRITEBYTECODE=1
venv=.build/venv
requirements=Tests/Editors/requirements.txt

skip() {
  echo "skipped the tests in Python: $1"
  echo "python: 0 passed, 0 failed, 1 skipped"
  exit 0
}

# Tools from Debian; each test that misses one says so itself.
tools=()
command -v batcat >/dev/null || command -v bat >/dev/null || tools+=(bat)
command -v bison >/dev/null || tools+=(bison)
command -v node >/dev/null || tools+=(nodejs)
# The library that the kernel for Jupyter loads.
ldconfig -p 2>/dev/null | grep -q 'libzmq\.so\.5' || tools+=(libzmq5)
command -v mpirun >/dev/null || tools+=(openmpi-bin)
command -v tmux >/dev/null || tools+=(tmux)
[ ${#tools[@]} -eq 0 ] || scripts/install-libraries.sh "${tools[@]}" ||
  echo "not to be had here: ${tools[*]}"

command -v python3 >/dev/null || skip "there is no python3"
# The stamp contains the versions that the environment was created with.
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv" 2>/dev/null ||
    { scripts/install-libraries.sh python3-venv && python3 -m venv "$venv"; } ||
    skip "python3 makes no virtual environment"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" ||
    skip "the packages of $requirements cannot be installed"
  cp "$requirements" "$venv/requirements.txt"
fi

# NumPy, for the tensor functions, and Pillow, for pictures, may be missing.
"$venv/bin/python" -c "import numpy" 2>/dev/null ||
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r Tests/Tensors/requirements.txt ||
  echo "not to be had here: numpy"
"$venv/bin/python" -c "import PIL" 2>/dev/null ||
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r Tests/Files/requirements.txt ||
  echo "not to be had here: pillow"

# Clients of Jupyter, for the kernel.
"$venv/bin/python" -c "import jupyter_kernel_test, nbclient" 2>/dev/null ||
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r Tests/Jupyter/requirements.txt ||
  echo "not to be had here: jupyter_client"

# The arguments say what to run; else every folder is run, as many at a time as there are processors
# (SMAP_TEST_JOBS). The folders that take longest come first, so that none is left alone at the end.
# A test that hangs must say where: after five minutes pytest writes the stack of every thread, and
# after SMAP_TEST_SECONDS the folder is ended and fails.
run=("$venv/bin/python" -m pytest -q -rs -p no:cacheprovider -o faulthandler_timeout=300)
[ $# -eq 0 ] || exec "${run[@]}" "$@"
export SMAP_TEST_SECONDS=${SMAP_TEST_SECONDS:-1200}
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
for folder in Interrupts Cluster Files Training Kernels Tensors Signals Jupyter Notebooks Editors Interop \
  LanguageServer Numbers Scaling Terminal Course; do
  [ -d "Tests/$folder" ] && printf '%s\n' "$folder"
done | xargs -P "${SMAP_TEST_JOBS:-$(nproc)}" -I '{}' bash -c '
  SECONDS=0
  timeout --kill-after=10 "$SMAP_TEST_SECONDS" "${@:3}" "Tests/$1" >"$2/$1" 2>&1
  code=$?
  cat "$2/$1"
  [ $code -lt 124 ] || echo "Tests/$1 was ended after $SMAP_TEST_SECONDS seconds"
  echo "$1: $SECONDS s"
  # Without tests, because a tool is missing, pytest ends with 5.
  [ $code -eq 0 ] || [ $code -eq 5 ]
' bash '{}' "$output" "${run[@]}"
code=$?
awk '/^python: / { passed += $2; failed += $4; skipped += $6 }
  END { printf "python: %d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$output"/*
exit $code
