# One image for the web server, the mail worker and every command. docs/operators.md says how it is run.
FROM python:3.13-slim

RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /srv/trustsite --create-home trustsite
WORKDIR /srv/trustsite/site

COPY requirements.txt ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN MODE=development DATA=/tmp/build .venv/bin/python manage.py build_fonts
RUN MODE=development DATA=/tmp/build .venv/bin/python manage.py collectstatic --noinput
RUN install -d -o trustsite -g trustsite -m 700 /srv/trustsite/data && chown -R trustsite:trustsite build && rm -rf /tmp/build

ENV DATA=/srv/trustsite/data PATH=/srv/trustsite/site/.venv/bin:$PATH PYTHONUNBUFFERED=1
USER trustsite
VOLUME /srv/trustsite/data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# The worker is the same image with: python manage.py run_mail_worker
CMD ["python", "-m", "trustsite.serve", "--workers", "2", "--host", "0.0.0.0", "--port", "8000"]
