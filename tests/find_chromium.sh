#!/bin/sh
# Say where Chromium is; install it where that can be done, else say how, in one line.
set -u
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium for the browser tests …" >&2
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1
  command -v chromium && exit 0
fi
echo "The browser tests need Chromium: sudo apt-get install -y chromium, or CHROMIUM=/path/to/it make test" >&2
exit 1
