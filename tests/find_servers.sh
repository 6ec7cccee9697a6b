#!/bin/sh
# Whether PostgreSQL's programs, redis-server, nginx, Caddy and logrotate are here; install them where that can be done, else say how, in one line.
set -u
needed="postgresql redis-server nginx caddy logrotate"
here() {
  for program in redis-server nginx caddy logrotate; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || return 1
  done
  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}
here && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing PostgreSQL, Redis, nginx and Caddy for the tests …" >&2
  # shellcheck disable=SC2086
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needed; } >/dev/null 2>&1
  here && exit 0
fi
echo "Tests on PostgreSQL, Redis and behind proxies are left out; they need: sudo apt-get install -y $needed" >&2
exit 1
