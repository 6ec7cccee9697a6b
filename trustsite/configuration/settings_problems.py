"""Problems of settings that no single value shows: names that nothing reads, and values that don't
go together.
"""

import difflib
import os
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

from dotenv import dotenv_values

from trustsite.configuration.settings_list import NAMES, OLD_NAMES, OTHER_NAMES, SECRETS

ALIKE = 0.86  # how near a name must come to one of ours to be taken for a slip


def of_names(env_file: Path) -> list[str]:
    """Return names that nothing reads: slips of ours in the environment, and whatever is unknown in
    the file.
    """
    problems = []
    in_file = dotenv_values(env_file, interpolate=False)
    for name in sorted({*os.environ, *in_file}):
        if _is_known(name):
            continue
        near = difflib.get_close_matches(name.upper(), NAMES | OLD_NAMES, n=1, cutoff=ALIKE)
        if near:
            problems.append(f"{name} is no setting. Did you mean {near[0]}? Mend or remove {name}.")
        elif name in in_file:
            problems.append(
                f"{name} in {env_file.name} is no setting. Remove {name}, or see docs/operators.md."
            )
    problems += _given_twice()
    return problems


def _is_known(name: str) -> bool:
    plain = name.removesuffix("_FILE")
    if plain != name and (plain in SECRETS or plain.startswith("ANYMAIL_")):
        return True
    return name in NAMES | OLD_NAMES | OTHER_NAMES or name.startswith("ANYMAIL_")


def _given_twice() -> list[str]:
    problems = []
    for name in sorted(SECRETS):
        if name in os.environ and f"{name}_FILE" in os.environ:
            problems.append(
                f"{name} and {name}_FILE are both set. Remove one of them, {name} or {name}_FILE."
            )
    return problems


def of_combinations(values: SimpleNamespace) -> list[str]:
    """Return values that are each good and don't go together."""
    problems = [*_of_mail(values), *_of_mailbox(values), *_of_growth(values)]
    if values.SECRET_KEY and values.SECRET_KEY == values.SUPPRESSION_KEY:
        problems.append(
            "SECRET_KEY is used as SUPPRESSION_KEY too. Make another for SUPPRESSION_KEY."
        )
    if values.SECRET_KEY in values.SECRET_KEY_FALLBACKS:
        problems.append(
            "SECRET_KEY stands in SECRET_KEY_FALLBACKS too. Leave only older keys in SECRET_KEY_FALLBACKS."
        )
    if not values.development and values.SITE_URL.startswith("http:"):
        problems.append("SITE_URL must begin with https:// in production.")
    if values.BEHIND_PROXY and values.TRUSTED_PROXIES > 1:
        problems.append(
            "BEHIND_PROXY means one proxy, TRUSTED_PROXIES says more. Remove BEHIND_PROXY."
        )
    return problems


def _of_mailbox(values: SimpleNamespace) -> list[str]:
    given = (values.IMAP_HOST, values.IMAP_USER, values.IMAP_PASSWORD)
    if not any(given):
        return []
    if not all(given):
        return ["Set IMAP_HOST, IMAP_USER and IMAP_PASSWORD, all or none of them."]
    if not values.BOUNCE_ADDRESS:
        return ["Set BOUNCE_ADDRESS to the address of the mailbox that IMAP_HOST has."]
    return []


def _of_mail(values: SimpleNamespace) -> list[str]:
    problems = []
    if values.EMAIL_USE_TLS and values.EMAIL_USE_SSL:
        problems.append(
            "EMAIL_USE_TLS and EMAIL_USE_SSL are both on. Keep EMAIL_USE_TLS for port 587, EMAIL_USE_SSL for port 465."
        )
    if values.EMAIL_USE_TLS and values.EMAIL_PORT == 465:
        problems.append(
            "EMAIL_PORT 465 speaks TLS from the start. Use EMAIL_USE_SSL in place of EMAIL_USE_TLS."
        )
    if bool(values.EMAIL_HOST_USER) != bool(values.EMAIL_HOST_PASSWORD):
        problems.append("Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, both or neither.")
    return problems


def _of_growth(values: SimpleNamespace) -> list[str]:
    problems = []
    if values.CDN_SECONDS and not values.PURGE_URL:
        problems.append(
            "CDN_SECONDS is set and PURGE_URL isn’t: a page that was withdrawn would stay. Set PURGE_URL."
        )
    if values.MEDIA_S3_BUCKET and not find_spec("storages"):
        problems.append(
            "MEDIA_S3_BUCKET needs what is in requirements-s3.txt: “pip install --require-hashes -r requirements-s3.txt”."
        )
    return problems


def report(problems: list[str]) -> str:
    """Return what the operator reads in place of a traceback."""
    number = len(problems)
    counted = "1 setting is" if number == 1 else f"{number} settings are"
    lines = [f"The site can’t start: {counted} wrong. docs/operators.md lists them all."]
    return "\n".join([*lines, *(f"- {problem}" for problem in problems)])
