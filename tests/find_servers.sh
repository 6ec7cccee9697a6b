#!/bin/sh
# Whether the servers that tests start are here; install them where that can be done, else say how, in one line.
set -u
needed="postgresql redis-server nginx caddy logrotate postfix dovecot-imapd opendkim"
here() {
  for program in redis-server nginx caddy logrotate postfix dovecot opendkim; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || return 1
  done
  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}
# Nothing that is installed begins to serve: tests start what they need, in folders of their own.
install() {
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $needed
}
here && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing PostgreSQL, Redis, nginx, Caddy, postfix, dovecot and opendkim for the tests …" >&2
  install >/dev/null 2>&1
  here && exit 0
fi
echo "Tests on PostgreSQL, Redis, behind proxies and with mail servers are left out; they need: sudo apt-get install -y $needed" >&2
exit 1
