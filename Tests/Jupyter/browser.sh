#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Drives the kernel in JupyterLab by a headless Chromium: cells run, a picture appears, a slider moves
# its frame, an interrupt leaves the variables. Downloads JupyterLab and Playwright (about 300 MB) into a
# virtual environment under .build; Chromium is Debian's.
# usage: Tests/Jupyter/browser.sh BINARY [SCREENSHOT]
set -euo pipefail
binary=$(realpath "${1:?usage: browser.sh BINARY [SCREENSHOT]}")
screenshot=$(realpath -m "${2:-out/jupyterlab.png}")
cd "$(dirname "$0")/../.."
scripts/install-libraries.sh chromium libzmq5 python3-venv
venv=${SMAP_JUPYTER_VENV:-.build/jupyter-venv}
if [ ! -x "$venv/bin/jupyter" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check jupyterlab ipywidgets playwright
fi
mkdir -p "$(dirname "$screenshot")"
SMAP=$binary SMAP_HOME=$PWD "$venv/bin/python" Tests/Jupyter/jupyterlab.py "$screenshot"
