#!/usr/bin/env bash
# Copies the pictures of the last tour, and of the last runs of Examples/letters.smap and
# Examples/code_search.smap, into the documents.
set -euo pipefail
cd "$(dirname "$0")/.."
install -m 644 out/tour/{ladder,designs,classes,new_letters,typeface,new_emoji}.png docs/images/
install -m 644 out/letters/letters_{curves,order,lengths,extremes,codes}.png docs/images/
