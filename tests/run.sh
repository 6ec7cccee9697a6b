#!/bin/sh
# Run the checks, unit and browser tests beside each other, for all wait a good part of their time: run.sh PYTHON
set -u
if tests/find_servers.sh; then export REQUIRE_SERVERS=1; fi
CHROMIUM=$(tests/find_chromium.sh) || exit 1
export CHROMIUM
# What all of them would wait for: the fonts, the static files and a site to copy, made once.
PREPARED_SITE=$(mktemp -d)
export PREPARED_SITE
trap 'rm -rf "$PREPARED_SITE"' EXIT
trap 'exit 130' INT TERM
"$1" -m tests.web_server "$PREPARED_SITE" || exit 1
mkdir -p build
REQUIRE_BROWSER=1 "$1" -m pytest -n 2 --dist loadfile tests/browser >build/browser-tests.log 2>&1 &
browser=$!
trap 'kill "$browser" 2>/dev/null; exit 130' INT TERM
# A slip is told at once, not after a quarter of an hour.
if ! "${MAKE:-make}" --no-print-directory check; then
    kill "$browser"
    exit 1
fi
"$1" -m pytest -n 3 --dist worksteal --ignore tests/browser
unit=$?
wait "$browser"
in_browser=$?
echo "In the browser:"
cat build/browser-tests.log
exit $((unit || in_browser))
