# shellcheck shell=bash
# Output that cannot be written.
expect 'full output' 74 'cannot write' bash -c "'$smap' -e '1' >/dev/full"
expect 'closed output' 74 '' bash -c "'$smap' -e '1' >&-"
expect 'closed pipe' 141 '' bash -c "set -o pipefail; '$smap' -e 'for i in range(200000) { print(i) }' | head -1 >/dev/null; exit \${PIPESTATUS[0]}"
