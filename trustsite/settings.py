"""All settings, each from the environment or a safe default. docs/operators.md lists them."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from environs import validate

from trustsite.env import env, https_address, kept_secret, mode, required, site_url

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT = mode() == "development"
DEBUG = env.bool("DEBUG", False) and DEVELOPMENT
DATA_DIR = Path(env.str("DATA", str(BASE_DIR / "var"))).resolve()
CONTENT_DIR = BASE_DIR / "content"
BUILD_DIR = BASE_DIR / "build"

# -- who we are ------------------------------------------------------------------------------------------------------
SITE_NAME = "What’s My Trauma Response"
SITE_URL = site_url(f"http://127.0.0.1:{env.int('PORT', 8000)}", development=DEVELOPMENT)
PUBLISHER = required("PUBLISHER", "[the publisher's legal name]", development=DEVELOPMENT)
POSTAL_ADDRESS = required(
    "POSTAL_ADDRESS", "[the publisher's postal address]", development=DEVELOPMENT
)
CONTACT_EMAIL = required("CONTACT_EMAIL", "hello@site.example", development=DEVELOPMENT)
LEAVE_URL = https_address("LEAVE_URL", "https://www.bbc.co.uk/weather")
WORDS_PER_MINUTE = env.int("WORDS_PER_MINUTE", 230)

# -- security --------------------------------------------------------------------------------------------------------
SECRET_KEY = kept_secret("SECRET_KEY", DATA_DIR, development=DEVELOPMENT)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
# Keys the hashes of addresses that must never be mailed again; kept outside the database so that the rows alone say nothing.
SUPPRESSION_KEY = kept_secret("SUPPRESSION_KEY", DATA_DIR, development=DEVELOPMENT)
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = [_site.hostname, *(["localhost", "127.0.0.1", "[::1]"] if DEVELOPMENT else [])]
_https = _site.scheme == "https"
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
)
SECURE_HSTS_SECONDS = 63_072_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
# Being on the browsers' preload list is hard to undo, so it must be asked for.
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", False)
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
    {"NAME": "accounts.validators.NotOurNameValidator"},
]

# -- the door of the desk (trustsite/door) ---------------------------------------------------------------------------
# Without a second factor a guessed or stolen password opens everything. Development does without, to work at once.
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", not DEVELOPMENT)
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
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # trustsite/door/throttle.py counts, in the database
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

# -- the parts -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "crispy_forms",
    "import_export",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "trustsite",
    "accounts",
    "articles",
    "quiz",
    "newsletter",
    "operations",
]
MIDDLEWARE = [
    "trustsite.web.security_headers.PolicyHeaders",
    "operations.readiness.Readiness",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.Door",
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
# When stored pages change by the clock alone: each returns the next moment (or None) at which a public page differs.
PAGE_CLOCKS = ["articles.models.next_publication"]
# What the desk's first page says: each takes the request and yields trustsite.today.Notice.
DESK_NOTICES = [
    "articles.dashboard.notices",
    "newsletter.dashboard.notices",
    "quiz.dashboard.notices",
]
# What it asks an owner to do before readers come: each yields trustsite.first_steps.Step.
DESK_STEPS = [
    "trustsite.setup_checklist.of_site",
    "articles.setup_checklist.steps",
    "newsletter.setup_checklist.steps",
]

# -- where things are kept -------------------------------------------------------------------------------------------
# The web server's own processes (trustsite/wsgi.py): a reader waits, so every wait ends soon. Commands may take their time.
IN_REQUESTS = env.bool("IN_REQUESTS", False)
DATABASES = {
    "default": dj_database_url.parse(
        env.str("DATABASE_URL", f"sqlite:///{DATA_DIR / 'site.sqlite3'}"), conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE and WAL: eight writers lost no write in 2,000 (Django's defaults lost 717). FULL: a commit survives a power
    # cut. secure_delete: an erased address is gone from the file as well.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 1 if IN_REQUESTS else 10,  # seconds for a lock
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA secure_delete=ON; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000;",
    }
elif IN_REQUESTS:
    _options = DATABASES["default"].setdefault("OPTIONS", {})  # type: ignore[typeddict-item]
    _options.setdefault("connect_timeout", 2)  # seconds, the least that libpq knows
    _options.setdefault("tcp_user_timeout", 2_000)
    _options.setdefault("options", "-c lock_timeout=1000 -c statement_timeout=5000")
DATABASE_URL = env.str("DATABASE_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_cache = env.str("CACHE_URL", "")
_limits = {"socket_timeout": 1, "socket_connect_timeout": 1} if IN_REQUESTS else {}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache,
        "OPTIONS": _limits,
    }
    if _cache
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = BUILD_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "static", ("fonts", BUILD_DIR / "fonts")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- mail ------------------------------------------------------------------------------------------------------------
MAIL_DIR = DATA_DIR / "mail"  # where development keeps its mails
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    "newsletter.emails.dev_mailbox.FolderBackend"
    if DEVELOPMENT
    else "newsletter.outbox.smtp_backend.Backend",
)
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
# How fast each worker sends; 0 is no limit.
MAIL_PER_SECOND = env.float("MAIL_PER_SECOND", 0.0)
MAIL_PER_HOUR = env.float("MAIL_PER_HOUR", 0.0)
MAIL_PER_DOMAIN_PER_MINUTE = env.float("MAIL_PER_DOMAIN_PER_MINUTE", 0.0)
FROM_EMAIL = required("FROM_EMAIL", "notes@site.example", development=DEVELOPMENT)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = FROM_EMAIL
# Others may see an inbox, so mails come from initials: the site's name would tell its subject.
FROM_NAME = env.str("FROM_NAME", "WMTR Notes")
LETTER_OFFERS = env.bool(
    "LETTER_OFFERS", False
)  # whether a letter may hold an offer, labelled as on an article
DKIM_SELECTOR = env.str(
    "DKIM_SELECTOR", ""
)  # the name of the key mails are signed with, for the check before a letter
BLOCKED_DOMAINS: list[str] = env.list(
    "BLOCKED_DOMAINS", []
)  # addresses there, or below there, are sent nothing
# A mail service that reports returned mail and complaints, and what anymail wants to know of it: ANYMAIL_… as its docs name it.
MAIL_SERVICE = env.str("MAIL_SERVICE", "")
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_") and value
}
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = (
    True  # what a spreadsheet would take for a formula stays text
)
GUIDE_PUBLIC = env.bool(
    "GUIDE_PUBLIC", False
)  # whether anybody may open the guide without giving an address
GUIDE_ATTACH_MAX = env.int(
    "GUIDE_ATTACH_MAX", 2 * 1024 * 1024
)  # bytes; a larger guide is linked and not attached

# -- running it (operations) -------------------------------------------------------------------------------------------
BACKUP_DIR = Path(env.str("BACKUP_DIR", "") or DATA_DIR / "backups").resolve()
BACKUP_DAYS = env.int("BACKUP_DAYS", 35, validate=validate.Range(2, 400))  # none gets older
# Public keys of age, by commas: backups are encrypted to them, and only their private keys open them.
BACKUP_RECIPIENTS: list[str] = env.list("BACKUP_RECIPIENTS", [])
# Who left, for the day a backup is restored: never part of one.
SUPPRESSION_JOURNAL = Path(
    env.str("SUPPRESSION_JOURNAL", "") or DATA_DIR / "suppressed.journal"
).resolve()
OWNER_EMAIL = env.str("OWNER_EMAIL", "")  # who is told of failures; nobody when empty
READY_TOKEN = env.str("READY_TOKEN", "")  # opens /readyz to other machines

# -- language, time, log ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "trustsite.web.log_redaction.Redact"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "line"},
        "errors": {
            "class": "operations.error_log.Handler",
            "filters": ["redact"],
            "level": "ERROR",
            "path": DATA_DIR / "errors.jsonl",
        },
    },
    "root": {"handlers": ["console", "errors"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console", "errors"], "level": "INFO", "propagate": False}
        for name in ("django", "trustsite", "articles", "quiz", "newsletter", "operations")
    },
}
