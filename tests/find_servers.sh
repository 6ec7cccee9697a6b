#!/bin/sh
# Whether PostgreSQL's programs and redis-server are here; install them where that can be done, else say how, in one line.
set -u
here() {
  command -v redis-server >/dev/null && { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
}
here && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing PostgreSQL and Redis for the tests …" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql redis-server; } >/dev/null 2>&1
  here && exit 0
fi
echo "Tests on PostgreSQL and Redis are left out; they need: sudo apt-get install -y postgresql redis-server" >&2
exit 1
