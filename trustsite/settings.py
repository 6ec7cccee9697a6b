"""All settings. Operators' own come from the environment or a file by the list in configuration/settings_list.py."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from trustsite.configuration import env, settings_problems

BASE_DIR = Path(__file__).resolve().parent.parent
_values = env.read(Path(os.environ.get("ENV_FILE", BASE_DIR / ".env")))
if _values.problems:
    sys.exit(settings_problems.report(_values.problems))
DEVELOPMENT: bool = _values.development
DEBUG: bool = _values.DEBUG and DEVELOPMENT
DATA_DIR = (BASE_DIR / _values.DATA if _values.DATA == "var" else Path(_values.DATA)).resolve()
CONTENT_DIR = BASE_DIR / "content"
BUILD_DIR = BASE_DIR / "build"

# -- who we are ------------------------------------------------------------------------------------
SITE_NAME = "What’s My Trauma Response"
_site = urlsplit(_values.SITE_URL or f"http://127.0.0.1:{_values.PORT}")
SITE_URL = f"{_site.scheme}://{_site.netloc}"
PUBLISHER: str = _values.PUBLISHER
POSTAL_ADDRESS: str = _values.POSTAL_ADDRESS
CONTACT_EMAIL: str = _values.CONTACT_EMAIL
HOSTING_COMPANY: str = _values.HOSTING_COMPANY
MAIL_COMPANY: str = _values.MAIL_COMPANY
# Days on which a person looked: promises stand on them (operations/promises/).
ACCESS_TRIED_ON: str = _values.ACCESS_TRIED_ON
LIBRARIES_CHECKED_ON: str = _values.LIBRARIES_CHECKED_ON
EXIT_URL: str = _values.EXIT_URL
WORDS_PER_MINUTE: int = _values.WORDS_PER_MINUTE

# -- security --------------------------------------------------------------------------------------
# Secrets that nobody set: development makes each once and stores it in the data folder.
GENERATED_SECRETS = [
    name for name in ("SECRET_KEY", "SUPPRESSION_KEY") if not getattr(_values, name)
]


def _secret(name: str) -> str:
    if name not in GENERATED_SECRETS:
        return str(getattr(_values, name))
    file = DATA_DIR / name.lower().replace("_", "-")
    if not file.exists():
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = list(_values.SECRET_KEY_FALLBACKS)
# Keys the hashes of addresses that must never be mailed again; kept outside the database so that
# the rows alone say nothing.
SUPPRESSION_KEY = _secret("SUPPRESSION_KEY")
ALLOWED_HOSTS = [_site.hostname, *(["localhost", "127.0.0.1", "[::1]"] if DEVELOPMENT else [])]
_https = _site.scheme == "https"
SECURE_SSL_REDIRECT = _https
SECURE_SSL_HOST = (
    _site.netloc if _https else None
)  # not the port that a sender wrote after our name
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
# trustsite.web.client_network resolves address and scheme behind these proxies, before Django is
# entered.
TRUSTED_PROXIES: int = _values.TRUSTED_PROXIES or int(_values.BEHIND_PROXY)
PROXY_ADDRESS_HEADER: str = _values.PROXY_ADDRESS_HEADER
SECURE_PROXY_SSL_HEADER = None
SECURE_HSTS_SECONDS = 63_072_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
# Being on the browsers' preload list is hard to undo, so it must be asked for.
SECURE_HSTS_PRELOAD = _values.HSTS_PRELOAD
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
SILENCED_SYSTEM_CHECKS = [] if SECURE_HSTS_PRELOAD else ["security.W021"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.validators.SiteNameValidator"},
]

CSRF_FAILURE_VIEW = "trustsite.web.csrf_failure.csrf_failure"

# -- accounts --------------------------------------------------------------------------------------
# Without a second factor a guessed or stolen password opens everything. Development does without,
# to work at once.
REQUIRE_SECOND_FACTOR = _values.REQUIRE_SECOND_FACTOR
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = [
    "username*",
    "password1*",
    "password2*",
]  # nobody signs up; allauth asks all the same
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # accounts.login_throttle counts
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT  # http://localhost
MFA_TOTP_TOLERANCE = 1  # the code before this one still counts: typing takes a while
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.MFAReauthenticateForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
    "add_webauthn": "accounts.forms.AddWebAuthnForm",
    "login_webauthn": "accounts.forms.LoginWebAuthnForm",
    "authenticate_webauthn": "accounts.forms.AuthenticateWebAuthnForm",
    "reauthenticate_webauthn": "accounts.forms.ReauthenticateWebAuthnForm",
}

# -- the parts -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "trustsite",
    "accounts",
    "analytics",
    "articles",
    "quiz",
    "newsletter",
    "operations",
]
MIDDLEWARE = [
    "trustsite.web.security_headers.SecurityHeadersMiddleware",
    "operations.readiness.Monitors",
    "django.middleware.security.SecurityMiddleware",
    "accounts.middleware.DeskSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.DeskAuthenticationMiddleware",
    "accounts.middleware.DeskMessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffSessionMiddleware",
    "trustsite.desk.not_saved.NotSavedMiddleware",
    "trustsite.desk.too_large.TooLargeMiddleware",
    "trustsite.desk.row_numbers.RowNumbersMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "trustsite.urls"
WSGI_APPLICATION = "trustsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trustsite.web.context_processors.site",
            ],
        },
    }
]
CRISPY_TEMPLATE_PACK = "wmtr"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["wmtr"]
# When kept pages change by the clock alone: each returns the next moment (or None), and what
# changes then.
CACHE_EXPIRY_PROVIDERS = {
    "articles.models.next_publication": ["lists", "texts", "~cards"],
    "operations.promises.standing.next_change": ["promises"],
}
# What the mail worker does besides, every two seconds.
WORKER_TIMERS = [
    "operations.cdn.purge_due",
    "trustsite.desk.trash.empty_each_hour",
    "articles.importing.jobs.work",
    "articles.linking.link_targets.follow",
    "articles.linking.redirect_uses.follow",
    "accounts.digest.sending.follow",
]
# A CDN in front: how long it keeps public pages, and the call that tells it what changed.
CDN_SECONDS: int = _values.CDN_SECONDS
PURGE_URL: str = _values.PURGE_URL
PURGE_METHOD: str = _values.PURGE_METHOD
PURGE_HEADER: str = _values.PURGE_HEADER
PURGE_BODY: str = _values.PURGE_BODY
PURGE_TAGS_BODY: str = _values.PURGE_TAGS_BODY
# Returns what says whether a path leads elsewhere; asked anew when content changes.
REDIRECTS_PROVIDER = "articles.linking.redirects.known"
# Returns what says whether a path of rows is one that no row has; asked anew as well.
FREE_ADDRESSES_PROVIDER = "articles.linking.addresses.free"
# What letters and mails use of the site's rows: each takes targets and returns articles.api.Use.
TEXT_USES_PROVIDERS = ["newsletter.issues.uses.uses"]
# What leads to articles from outside the site's texts: each returns its name, and the slugs.
LINKED_ARTICLES_PROVIDERS = [
    "newsletter.emails.messages.linked_articles",
    "newsletter.emails.guide_pdf.linked_articles",
]
# What each worker of the web server has in memory from its start, and anew when content changes, to
# answer from while the database is away.
CONTENT_IN_MEMORY = [
    "quiz.version_cache.remember",
    "articles.reading.response_texts.remember",
    "articles.searching.vocabulary.remember",
]
# What the numbers call pages: a dict of titles by path.
PAGE_TITLES_PROVIDER = "articles.api.page_titles"
# What the mail of the morning tells somebody at the desk: each takes them and the day, and yields
# trustsite.dashboard.DigestPart.
DIGEST_PROVIDERS = ["articles.digest.parts", "newsletter.dashboard.digest_parts"]
# What the dashboard shows: each takes the request and yields trustsite.dashboard.DashboardItem.
DASHBOARD_PROVIDERS = [
    "accounts.digest.sending.dashboard_items",
    "trustsite.desk.writing.dashboard.dashboard_items",
    "articles.dashboard.dashboard_items",
    "newsletter.dashboard.dashboard_items",
    "quiz.dashboard.dashboard_items",
]
# What somebody worked on last, and what stands on which day (trustsite/dashboard.py).
OWN_TEXT_PROVIDERS = [
    "articles.dashboard.own_texts",
    "newsletter.dashboard.own_texts",
]
CALENDAR_PROVIDERS = ["articles.calendar.dated", "newsletter.dashboard.dated"]
# What the desk's search finds: each takes words and a user and yields trustsite.desk.find.Group.
DESK_SEARCH_PROVIDERS = [
    "articles.desk_search.find",
    "newsletter.issues.desk_search.find",
    "quiz.desk_search.find",
]
# What it asks an owner to do before readers come: each yields trustsite.setup_checklist.SetupStep.
SETUP_STEP_PROVIDERS = [
    "trustsite.setup_checklist.site_steps",
    "articles.setup_checklist.steps",
    "newsletter.setup_checklist.steps",
    "operations.setup_checklist.steps",
]

# -- where things are kept -------------------------------------------------------------------------
# The web server's own processes (trustsite/rsgi.py): a reader waits, so every wait ends soon.
# Commands may take their time.
IN_REQUESTS = os.environ.get("IN_REQUESTS") == "on"
DATABASES = {
    "default": dj_database_url.parse(
        _values.DATABASE_URL or f"sqlite:///{DATA_DIR / 'site.sqlite3'}",
        conn_max_age=60 if IN_REQUESTS else 0,  # kept by each of the web server's threads
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    if IN_REQUESTS:
        DATABASES["default"]["ENGINE"] = "trustsite.sqlite"
    # IMMEDIATE and WAL: eight writers lost no write in 2,000 (Django's defaults lost 717). FULL: a
    # commit survives a power cut. secure_delete: an erased address is gone from the file as well.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 1 if IN_REQUESTS else 10,  # seconds for a lock
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA secure_delete=ON; PRAGMA journal_size_limit=67108864; "
        # KB for each connection, of which the web server has one a thread: the system keeps the file as well.
        f"PRAGMA cache_size={-500 if IN_REQUESTS else -16000};",
    }
elif _values.DATABASE_POOL:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps them
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": _values.DATABASE_POOL,
        "timeout": 2 if IN_REQUESTS else 30,  # seconds for one to be free
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql" and IN_REQUESTS:
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", 2)  # seconds, the least that libpq knows
    _options.setdefault("tcp_user_timeout", 2_000)
    _options.setdefault("options", "-c lock_timeout=1000 -c statement_timeout=5000")
DATABASE_URL: str = _values.DATABASE_URL
FORMS_URLFIELD_ASSUME_HTTPS = True  # what Django 6 does by itself; goes with it
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHE_URL: str = _values.CACHE_URL
CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
if CACHE_URL:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1} if IN_REQUESTS else {},
    }
LIMITS_FILE = DATA_DIR / "limits.sqlite3"  # counts of trustsite.web.rate_limit; in no backup
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = BUILD_DIR / "collected"
STATIC_MANIFEST = BUILD_DIR / "staticfiles.json"  # lists every file: not among those served
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("fonts", BUILD_DIR / "fonts"),
    ("figures", CONTENT_DIR / "figures"),
]
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "trustsite.web.static_storage.StaticFilesStorage"},
}

if _values.MEDIA_S3_BUCKET:
    from botocore.config import Config  # of requirements-s3.txt

    _wait = {"connect_timeout": 1, "read_timeout": 3} if IN_REQUESTS else {}
    STORAGES["default"] = {
        "BACKEND": "trustsite.web.media_storage.ObjectStorage",
        "OPTIONS": {
            "bucket_name": _values.MEDIA_S3_BUCKET,
            "endpoint_url": _values.MEDIA_S3_ENDPOINT or None,
            "region_name": _values.MEDIA_S3_REGION or None,
            "access_key": _values.MEDIA_S3_KEY or None,
            "secret_key": _values.MEDIA_S3_SECRET or None,
            "file_overwrite": True,  # a name is made of the content
            "client_config": Config(**_wait, retries={"max_attempts": 2}),
        },
    }

# -- mail ------------------------------------------------------------------------------------------
LIST_FILES = DATA_DIR / "list-files"  # uploaded lists that wait, encrypted; in no backup
TEST_ADDRESSES: list[str] = [address.strip() for address in _values.TEST_ADDRESSES]
MAIL_DIR = DATA_DIR / "mail"  # where development keeps its mails
EMAIL_BACKEND: str = _values.EMAIL_BACKEND
EMAIL_HOST: str = _values.EMAIL_HOST
EMAIL_PORT: int = _values.EMAIL_PORT
EMAIL_HOST_USER: str = _values.EMAIL_HOST_USER
EMAIL_HOST_PASSWORD: str = _values.EMAIL_HOST_PASSWORD
EMAIL_USE_TLS: bool = _values.EMAIL_USE_TLS
EMAIL_USE_SSL: bool = _values.EMAIL_USE_SSL
EMAIL_TIMEOUT = 20
# How fast each worker sends, over all of its connections; 0 is no limit.
MAIL_CONNECTIONS: int = _values.MAIL_CONNECTIONS
MAIL_PER_SECOND: float = _values.MAIL_PER_SECOND
MAIL_PER_HOUR: float = _values.MAIL_PER_HOUR
MAIL_PER_DOMAIN_PER_MINUTE: float = _values.MAIL_PER_DOMAIN_PER_MINUTE
FROM_EMAIL: str = _values.FROM_EMAIL
DEFAULT_FROM_EMAIL = SERVER_EMAIL = FROM_EMAIL
# Others may see an inbox, so mails come from initials: the site's name would tell its subject.
FROM_NAME: str = _values.FROM_NAME
LETTER_OFFERS: bool = _values.LETTER_OFFERS
DKIM_SELECTORS: list[str] = [name.strip() for name in _values.DKIM_SELECTOR]
RETURN_PATH_DOMAIN: str = _values.RETURN_PATH_DOMAIN
# Addresses there, or below there, are sent nothing.
BLOCKED_DOMAINS: list[str] = [domain.strip() for domain in _values.BLOCKED_DOMAINS]
# A mail service that reports returned mail and complaints, and what anymail wants to know of it:
# ANYMAIL_… as its docs name it.
MAIL_SERVICE: str = _values.MAIL_SERVICE
ANYMAIL: dict[str, str] = _values.anymail
# Where returned mail comes back to, and how the worker reads it there.
BOUNCE_ADDRESS: str = _values.BOUNCE_ADDRESS
IMAP_HOST: str = _values.IMAP_HOST
IMAP_PORT: int = _values.IMAP_PORT
IMAP_USER: str = _values.IMAP_USER
IMAP_PASSWORD: str = _values.IMAP_PASSWORD
BOUNCE_WEBHOOK_SECRET: str = _values.BOUNCE_WEBHOOK_SECRET
GUIDE_PUBLIC: bool = _values.GUIDE_PUBLIC
GUIDE_ATTACH_MAX: int = _values.GUIDE_ATTACH_MAX
# How often the public forms may be used in an hour.
SIGNUPS_PER_NETWORK: int = _values.SIGNUPS_PER_NETWORK
SIGNUPS_PER_DOMAIN: int = _values.SIGNUPS_PER_DOMAIN
SIGNUPS_PER_HOUR: int = _values.SIGNUPS_PER_HOUR
BAD_LINKS_PER_NETWORK: int = _values.BAD_LINKS_PER_NETWORK

# -- running it (operations) -----------------------------------------------------------------------
BACKUP_DIR = Path(_values.BACKUP_DIR or DATA_DIR / "backups").resolve()
BACKUP_DAYS: int = _values.BACKUP_DAYS
BACKUP_RECIPIENTS: list[str] = [key.strip() for key in _values.BACKUP_RECIPIENTS]
# Who left, for the day a backup is restored: never part of one.
SUPPRESSION_JOURNAL = Path(_values.SUPPRESSION_JOURNAL or DATA_DIR / "suppressed.journal").resolve()
OWNER_EMAIL: str = _values.OWNER_EMAIL
READY_TOKEN: str = _values.READY_TOKEN
COUNT_VISITS: str = _values.COUNT_VISITS
METRICS_TOKEN: str = _values.METRICS_TOKEN
KEPT_PAGES_FILE = DATA_DIR / "kept-pages"  # addresses of what the workers keep; in no backup
TRAFFIC_DIR = DATA_DIR / "traffic"  # each worker's numbers for /metrics

# -- language, time, log ---------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE: str = _values.TIME_ZONE  # of what people choose and read; the database keeps UTC
USE_TZ = True
USE_I18N = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "redact": {"()": "trustsite.web.log_redaction.Redact"},
        "one_line": {"()": "trustsite.web.log_redaction.OneLine"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "line"},
        "strangers": {
            "class": "logging.StreamHandler",
            "filters": ["redact", "one_line"],
            "formatter": "line",
        },
        "errors": {
            "class": "operations.error_log.Handler",
            "filters": ["redact"],
            "level": "ERROR",
            "path": DATA_DIR / "errors.jsonl",
        },
    },
    "root": {"handlers": ["console", "errors"], "level": "WARNING"},
    "loggers": {
        **{
            name: {"handlers": ["console", "errors"], "level": "INFO", "propagate": False}
            for name in (
                *("django", "trustsite", "analytics", "articles", "quiz", "newsletter"),
                "operations",
            )
        },
        # What a stranger sent is no error of ours: nobody is told of it by mail.
        "django.security": {"handlers": ["strangers"], "level": "INFO", "propagate": False},
    },
}
