#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests that need Python: the editors' grammars with their real tools, the language server with a
# real client, the kernels of each instruction-set level, tensor functions compared with NumPy,
# files written by other programs and malformed ones. Creates a virtual environment under .build
# with the pinned packages of Tests/Editors/requirements.txt; packages that cannot be installed are
# named and counted as skipped.
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

folders=()
for folder in Tests/Editors Tests/LanguageServer Tests/Kernels Tests/Tensors Tests/Numbers Tests/Scaling Tests/Files \
  Tests/Interrupts Tests/Signals Tests/Terminal Tests/Training; do
  [ -d "$folder" ] && folders+=("$folder")
done
[ $# -gt 0 ] || set -- "${folders[@]}"
"$venv/bin/python" -m pytest -q -rs -p no:cacheprovider "$@"
