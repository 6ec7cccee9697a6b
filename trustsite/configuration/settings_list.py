"""The operators' settings: name, type, default, what it must be, what it is for.

docs/operators.md's table and `.env.example` are made from this list (`manage.py
document_settings`).
"""

import os
from dataclasses import dataclass
from typing import Any

from trustsite.configuration import settings_validators as valid
from trustsite.configuration.settings_validators import Validator


@dataclass(frozen=True)
class Setting:
    """One setting. `must` completes “It must be …”; `shown` is the default in words, where the
    value says too little.
    """

    name: str
    help: str
    must: str
    kind: str = "str"  # of environs: str, int, float, bool, list
    default: Any = ""
    in_development: Any = None  # another default there
    validators: tuple[Validator, ...] = ()
    shown: str = ""
    old_name: str = ""
    is_required: bool = False  # in production
    is_secret: bool = False  # may come from a file (NAME_FILE); its value is never shown

    def default_in(self, *, is_development: bool) -> Any:
        """Return the default of a mode."""
        if is_development and self.in_development is not None:
            return self.in_development
        return self.default

    def is_set(self) -> bool:
        """Whether the environment holds it, by itself or as the name of a file."""
        return any(name in os.environ for name in (self.name_used(), f"{self.name}_FILE"))

    def name_used(self) -> str:
        """Return the name it goes by in the environment: its old one, where only that is set."""
        is_old = self.old_name in os.environ and self.name not in os.environ
        return self.old_name if is_old else self.name

    def problem(self, *, is_development: bool) -> str:
        """Return what is wrong with it, and how to mend that, in a line."""
        name = self.name_used()
        if not self.is_set():
            return f"{name} is missing. Set it to {self.must}."
        if f"{name}_FILE" in os.environ:
            return f"{name}_FILE must name a readable file that holds {self.must}."
        shown = " ".join(os.environ[name].split())[:80]
        value = "" if self.is_secret else f" is “{shown}”, but"
        return f"{name}{value} must be {self.must}."


SETTINGS = (
    Setting(
        "MODE",
        "`development` fills the gaps, for one machine: a secret made once, mail as files, plain http",
        "production or development",
        default="production",
        validators=(valid.one_of("production", "development"),),
    ),
    Setting("DEBUG", "Django’s debug pages; development alone", "on or off", "bool", False),
    Setting(
        "PORT",
        "where `make run` serves",
        "a port, 1 to 65535",
        "int",
        8000,
        None,
        (valid.between(1, 65535),),
    ),
    Setting(
        "DATA",
        "the folder of the database, media and, in development, mails and secrets; nobody else may read it",
        "a folder that is there or can be made",
        default="var",
        validators=(valid.folder,),
    ),
    Setting(
        "SITE_URL",
        "the site’s address, without a path",
        "the site’s address without a path, such as https://example.org",
        validators=(valid.origin,),
        is_required=True,
    ),
    Setting(
        "SECRET_KEY",
        "signs sessions and links, encrypts second factors",
        "a random text of at least 50 characters",
        validators=(valid.at_least_50,),
        is_required=True,
        is_secret=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        "keys of before, by commas; see “Changing `SECRET_KEY`”",
        "keys of at least 50 characters each, with commas between them",
        "list",
        (),
        validators=(valid.secrets_at_least_50,),
        is_secret=True,
    ),
    Setting(
        "SUPPRESSION_KEY",
        "keys the hashes of addresses never to be mailed again. Keep it for ever, apart from the database",
        "a random text of at least 50 characters",
        validators=(valid.at_least_50,),
        is_required=True,
        is_secret=True,
    ),
    Setting(
        "PUBLISHER",
        "who runs the site; shown on pages and in mails",
        "the publisher’s legal name",
        in_development="[the publisher's legal name]",
        validators=(valid.line,),
        is_required=True,
    ),
    Setting(
        "POSTAL_ADDRESS",
        "where; shown on pages and in mails",
        "the publisher’s postal address",
        in_development="[the publisher's postal address]",
        validators=(valid.text,),
        is_required=True,
    ),
    Setting(
        "CONTACT_EMAIL",
        "the address readers may write to",
        "a mail address, such as hello@example.org",
        in_development="hello@site.example",
        validators=(valid.email,),
        is_required=True,
    ),
    Setting(
        "HOSTING_COMPANY",
        "who runs the server, with the country; the privacy pages name it",
        "a line of text, such as Example Hosting, Germany",
        validators=(valid.line,),
        shown="unnamed",
    ),
    Setting(
        "MAIL_COMPANY",
        "who carries the mails, with the country; the privacy pages name it",
        "a line of text, such as Example Mail, Ireland",
        validators=(valid.line,),
        shown="unnamed",
    ),
    Setting(
        "ACCESS_TRIED_ON",
        "the day a person last tried the site by keyboard and with a screen reader; promised for a year",
        "a day of the past, such as 2026-11-27",
        validators=(valid.past_day,),
        shown="never",
    ),
    Setting(
        "LIBRARIES_CHECKED_ON",
        "the day a person last looked the libraries up among known holes; promised for 100 days",
        "a day of the past, such as 2026-11-27",
        validators=(valid.past_day,),
        shown="never",
    ),
    Setting(
        "FROM_EMAIL",
        "the sender of mails",
        "a mail address, such as notes@example.org",
        in_development="notes@site.example",
        validators=(valid.email,),
        is_required=True,
    ),
    Setting(
        "FROM_NAME",
        "the sender’s name: initials, for others may see an inbox",
        "a line of text",
        default="WMTR Notes",
        validators=(valid.line,),
    ),
    Setting(
        "DATABASE_URL",
        "for example `postgres://user@host/name`",
        "an address of SQLite or PostgreSQL, such as postgres://user@host/name",
        validators=(valid.database_url,),
        shown="SQLite in `DATA`",
        is_secret=True,
    ),
    Setting(
        "CACHE_URL",
        "Redis, for example `redis://host:6379/1`; needed when several machines serve",
        "an address of Redis, such as redis://host:6379/1",
        validators=(valid.redis_url,),
        shown="memory of each process, counts in a file",
        is_secret=True,
    ),
    Setting(
        "DATABASE_POOL",
        "connections to PostgreSQL that each process shares among its threads; 0: each thread keeps its own",
        "a number from 0 to 100",
        "int",
        0,
        None,
        (valid.between(0, 100),),
    ),
    Setting(
        "MEDIA_S3_BUCKET",
        "keeps pictures in an object store that speaks S3; needed when several machines serve. See docs/growing.md",
        "the name of a bucket",
        validators=(valid.label,),
        shown="`media` in `DATA`",
    ),
    Setting(
        "MEDIA_S3_ENDPOINT",
        "its address",
        "an address, such as https://s3.example.net",
        validators=(valid.origin,),
        shown="Amazon’s",
    ),
    Setting("MEDIA_S3_REGION", "its region", "one name", validators=(valid.label,), shown="none"),
    Setting(
        "MEDIA_S3_KEY",
        "the name of the key that may read and write there",
        "a line of text",
        validators=(valid.line,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "MEDIA_S3_SECRET",
        "the key itself",
        "a line of text",
        validators=(valid.line,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "CDN_SECONDS",
        "how long a CDN in front may keep public pages. Set PURGE_URL first, or they stay old for as long",
        "a number of seconds, 0 to 604800",
        "int",
        0,
        None,
        (valid.between(0, 604_800),),
        shown="0: as browsers do, a minute",
    ),
    Setting(
        "PURGE_URL",
        "what the worker calls when public pages have changed",
        "an address that begins with https://, or with http:// on this machine",
        validators=(valid.call_url,),
        shown="none",
    ),
    Setting(
        "PURGE_METHOD",
        "how it is called",
        "POST, PURGE, BAN or DELETE",
        default="POST",
        validators=(valid.one_of("POST", "PURGE", "BAN", "DELETE"),),
    ),
    Setting(
        "PURGE_HEADER",
        "a header that the call carries, such as “Authorization: Bearer …”",
        "one header: its name, a colon, its value",
        validators=(valid.header,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "PURGE_BODY",
        "what the call says when everything goes",
        "a line of text",
        default='{"purge_everything":true}',
        validators=(valid.line,),
    ),
    Setting(
        "PURGE_TAGS_BODY",
        "what it says when some pages go; {tags} becomes their tags, as JSON. Without it everything goes each time",
        "a line of text that holds {tags}",
        validators=(valid.line, valid.holds_tags),
        shown="none",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "how many proxies of yours stand before the site; see “Behind a proxy”",
        "how many proxies stand before the site, 0 to 10",
        "int",
        0,
        validators=(valid.between(0, 10),),
    ),
    Setting(
        "BEHIND_PROXY",
        "the same as `TRUSTED_PROXIES=1`, as it was called before",
        "on or off",
        "bool",
        False,
    ),
    Setting(
        "PROXY_ADDRESS_HEADER",
        "the header in which your proxy writes the client’s address",
        "the name of a header, such as X-Forwarded-For",
        default="X-Forwarded-For",
        validators=(valid.header_name,),
    ),
    Setting(
        "HSTS_PRELOAD",
        "asks browsers’ lists to know the site as https only; hard to undo",
        "on or off",
        "bool",
        False,
    ),
    Setting(
        "REQUIRE_SECOND_FACTOR",
        "whether the admin opens only to who has a passkey or a code app",
        "on or off",
        "bool",
        True,
        in_development=False,
        shown="on; off in development",
    ),
    Setting(
        "TIME_ZONE",
        "the time that editors choose in and readers see; the database keeps UTC",
        "the name of a time zone, such as Europe/London",
        default="UTC",
        validators=(valid.time_zone,),
    ),
    Setting(
        "EXIT_URL",
        "where “Leave this site” goes",
        "an https:// address",
        default="https://www.bbc.co.uk/weather",
        validators=(valid.https_url,),
        shown="a weather page",
        old_name="LEAVE_URL",
    ),
    Setting(
        "WORDS_PER_MINUTE",
        "for reading times",
        "a number from 50 to 1000",
        "int",
        230,
        None,
        (valid.between(50, 1000),),
    ),
    Setting(
        "EMAIL_BACKEND",
        "how mail leaves; see “Returned mail” for services’ own",
        "the dotted name of a mail backend, such as newsletter.outbox.smtp_backend.Backend",
        default="newsletter.outbox.smtp_backend.Backend",
        in_development="newsletter.emails.dev_mailbox.FolderBackend",
        validators=(valid.dotted_name,),
        shown="SMTP",
    ),
    Setting(
        "EMAIL_HOST",
        "the mail server",
        "a host’s name or address, without a port",
        default="localhost",
        validators=(valid.host,),
    ),
    Setting(
        "EMAIL_PORT", "its port", "a port, 1 to 65535", "int", 25, None, (valid.between(1, 65535),)
    ),
    Setting(
        "EMAIL_HOST_USER",
        "the login there",
        "a line of text",
        validators=(valid.line,),
        shown="none",
    ),
    Setting(
        "EMAIL_HOST_PASSWORD",
        "its password",
        "a line of text",
        validators=(valid.line,),
        shown="none",
        is_secret=True,
    ),
    Setting("EMAIL_USE_TLS", "STARTTLS, usually with port 587", "on or off", "bool", False),
    Setting(
        "EMAIL_USE_SSL", "TLS from the start, usually with port 465", "on or off", "bool", False
    ),
    Setting(
        "MAIL_SERVICE",
        "the mail service whose reports of returned mail and complaints we take; see “Returned mail”",
        "the name of a mail service",
        validators=(valid.label,),
        shown="none",
    ),
    Setting(
        "BOUNCE_ADDRESS",
        "the mailbox that returned mail comes back to; see “Returned mail”",
        "a mail address, such as bounces@example.org",
        validators=(valid.email, valid.short_local_part),
        shown="nowhere: it goes to `FROM_EMAIL`",
    ),
    Setting(
        "IMAP_HOST",
        "the server of that mailbox, for the worker to read it there",
        "a host’s name or address, without a port",
        validators=(valid.host,),
        shown="none",
    ),
    Setting(
        "IMAP_PORT",
        "its port; TLS from the start",
        "a port, 1 to 65535",
        "int",
        993,
        None,
        (valid.between(1, 65535),),
    ),
    Setting(
        "IMAP_USER", "the login there", "a line of text", validators=(valid.line,), shown="none"
    ),
    Setting(
        "IMAP_PASSWORD",
        "its password",
        "a line of text",
        validators=(valid.line,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "BOUNCE_WEBHOOK_SECRET",
        "what other programs sign their reports with; without one they are refused",
        "at least 32 characters",
        validators=(valid.at_least_32,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "MAIL_CONNECTIONS",
        "how many connections each worker opens to the mail server while many mails wait",
        "a number from 1 to 16",
        "int",
        4,
        None,
        (valid.between(1, 16),),
    ),
    Setting(
        "MAIL_PER_SECOND",
        "how fast each worker sends, 0 is no limit; two workers send twice as much",
        "a number from 0 to 1000",
        "float",
        0.0,
        None,
        (valid.between(0, 1000),),
    ),
    Setting(
        "MAIL_PER_HOUR",
        "the same by the hour. Mails that somebody waits for go first",
        "a number from 0 to 3600000",
        "float",
        0.0,
        None,
        (valid.between(0, 3_600_000),),
    ),
    Setting(
        "MAIL_PER_DOMAIN_PER_MINUTE",
        "to one mail domain (about)",
        "a number from 0 to 60000",
        "float",
        0.0,
        None,
        (valid.between(0, 60_000),),
    ),
    Setting(
        "DKIM_SELECTOR",
        "the name of the key your mail is signed with, so that the check before a letter can look for it; several by commas",
        "the selectors alone, without “._domainkey” and the domain, with commas between them",
        "list",
        (),
        validators=(valid.labels,),
        shown="none",
    ),
    Setting(
        "RETURN_PATH_DOMAIN",
        "the envelope’s domain, where your mail company puts its own, so that the check looks for SPF there",
        "a mail domain, such as bounces.example.org",
        validators=(valid.host,),
        shown="that of `BOUNCE_ADDRESS`, else of `FROM_EMAIL`",
    ),
    Setting(
        "TEST_ADDRESSES",
        "where tests of letters and mails go besides to who asks: your own mailboxes at several providers",
        "up to ten mail addresses with commas between them",
        "list",
        (),
        validators=(valid.addresses,),
        shown="none",
    ),
    Setting(
        "BLOCKED_DOMAINS",
        "mail domains, by commas, that nothing is sent to",
        "mail domains with commas between them, such as example.org, example.net",
        "list",
        (),
        validators=(valid.domains,),
        shown="none",
    ),
    Setting(
        "LETTER_OFFERS",
        "whether a letter may hold an offer, labelled as on an article",
        "on or off",
        "bool",
        False,
    ),
    Setting(
        "GUIDE_PUBLIC",
        "whether the guide can be had without an address",
        "on or off",
        "bool",
        False,
    ),
    Setting(
        "GUIDE_ATTACH_MAX",
        "bytes; a larger guide is linked and not attached. 0 links it always, which sends three times as fast",
        "a number of bytes, 0 to 25000000",
        "int",
        2 * 1024 * 1024,
        None,
        (valid.between(0, 25_000_000),),
        shown="2 MB",
    ),
    Setting(
        "SIGNUPS_PER_NETWORK",
        "sign-ups an hour from one network",
        "a number from 1 to 100000",
        "int",
        10,
        None,
        (valid.between(1, 100_000),),
    ),
    Setting(
        "SIGNUPS_PER_DOMAIN",
        "sign-ups an hour for one mail domain, large providers apart",
        "a number from 1 to 100000",
        "int",
        30,
        None,
        (valid.between(1, 100_000),),
    ),
    Setting(
        "SIGNUPS_PER_HOUR",
        "sign-ups an hour in all; beyond, who asks a second time is asked to wait",
        "a number from 1 to 10000000",
        "int",
        20_000,
        None,
        (valid.between(1, 10_000_000),),
    ),
    Setting(
        "BAD_LINKS_PER_NETWORK",
        "links that don’t work, an hour and network",
        "a number from 1 to 100000",
        "int",
        60,
        None,
        (valid.between(1, 100_000),),
    ),
    Setting(
        "BACKUP_DIR",
        "where backups go; another disk is better",
        "a folder that is there or can be made",
        validators=(valid.folder,),
        shown="`backups` in `DATA`",
    ),
    Setting(
        "BACKUP_DAYS",
        "no backup gets older",
        "a number of days, 2 to 400",
        "int",
        35,
        None,
        (valid.between(2, 400),),
    ),
    Setting(
        "BACKUP_RECIPIENTS",
        "public keys of age, by commas, that backups are encrypted to",
        "public keys of age with commas between them, such as age1…",
        "list",
        (),
        validators=(valid.age_keys,),
        shown="none",
    ),
    Setting(
        "SUPPRESSION_JOURNAL",
        "who left, for the day a backup is restored; shared between machines",
        "a file in a folder that is there or can be made",
        validators=(valid.file,),
        shown="`suppressed.journal` in `DATA`",
    ),
    Setting(
        "OWNER_EMAIL",
        "who is told of failures",
        "a mail address, such as owner@example.org",
        validators=(valid.email,),
        shown="nobody",
    ),
    Setting(
        "READY_TOKEN",
        "opens `/readyz` to monitors on other machines; `doctor` asks by it how requests arrive",
        "a random text of at least 50 characters",
        validators=(valid.at_least_50,),
        shown="none",
        is_secret=True,
    ),
    Setting(
        "COUNT_VISITS",
        "who counts the reads of pages, as daily sums: this `server`, or `manage.py count_log` from the "
        "proxy’s `log`, where a CDN answers for it; `off` counts nothing at all",
        "server, log or off",
        default="server",
        validators=(valid.one_of("server", "log", "off"),),
    ),
    Setting(
        "METRICS_TOKEN",
        "opens `/metrics` to a Prometheus in your own network; without it the page isn’t there",
        "a random text of at least 50 characters",
        validators=(valid.at_least_50,),
        shown="none",
        is_secret=True,
    ),
)
NAMES = frozenset(setting.name for setting in SETTINGS)
OLD_NAMES = frozenset(setting.old_name for setting in SETTINGS if setting.old_name)
SECRETS = frozenset(setting.name for setting in SETTINGS if setting.is_secret)
# Names that the settings don't read and that belong beside them all the same.
OTHER_NAMES = frozenset({"ENV_FILE", "DJANGO_SETTINGS_MODULE", "HOST", "IN_REQUESTS"})
