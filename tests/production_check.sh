#!/bin/sh
# A public site's settings pass Django's own deployment checks and ours, without a word.
set -u
export MODE=production DATA=build/check SITE_URL=https://site.test PUBLISHER="A Publisher" POSTAL_ADDRESS="1 Street, Town"
export CONTACT_EMAIL=hello@site.test FROM_EMAIL=notes@site.test
SECRET_KEY=$(head -c 48 /dev/urandom | base64) SUPPRESSION_KEY=$(head -c 48 /dev/urandom | base64)
export SECRET_KEY SUPPRESSION_KEY ENV_FILE=/dev/null
exec .venv/bin/python manage.py check --deploy --fail-level WARNING >/dev/null
