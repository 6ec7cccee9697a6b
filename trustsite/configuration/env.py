"""The environment, read by environs: every setting of the list through its type and validators, all
problems at once.
"""

import os
from pathlib import Path
from types import SimpleNamespace

from dotenv import load_dotenv
from environs import EnvError, FileAwareEnv, ValidationError

from trustsite.configuration import settings_problems
from trustsite.configuration.settings_list import NAMES, OLD_NAMES, SETTINGS, Setting


def read(env_file: Path) -> SimpleNamespace:
    """Return the settings by name, and their problems as `problems`.

    The environment wins over the file.
    """
    env = FileAwareEnv(strip_whitespace=True)
    _unset_empty()
    load_dotenv(env_file, interpolate=False)
    _unset_empty()
    is_development = os.environ.get("MODE", "").strip() == "development"
    values, problems = (
        SimpleNamespace(development=is_development),
        settings_problems.of_names(env_file),
    )
    for setting in SETTINGS:
        try:
            setattr(values, setting.name, _value(env, setting, is_development=is_development))
        except (EnvError, ValidationError, ValueError, ArithmeticError):
            problems.append(setting.problem(is_development=is_development))
            setattr(values, setting.name, setting.default_in(is_development=is_development))
    values.anymail = _anymail(env, problems)
    values.problems = problems or settings_problems.of_combinations(values)
    return values


def _anymail(env: FileAwareEnv, problems: list[str]) -> dict[str, str]:
    """Return what anymail is told, under its own names without the prefix."""
    values = {}
    for name in list(os.environ):
        key = name.removesuffix("_FILE")
        if not key.startswith("ANYMAIL_"):
            continue
        try:
            values[key.removeprefix("ANYMAIL_")] = env.str(key, "")
        except ValueError:
            problems.append(f"{name} must name a readable file that holds the value.")
    return {name: value for name, value in values.items() if value}


def _unset_empty() -> None:
    """Take what is set to nothing as not set: compose files pass names on like that."""
    for name in NAMES | OLD_NAMES:
        if not os.environ.get(name, "x").strip():
            del os.environ[name]


def _value(env: FileAwareEnv, setting: Setting, *, is_development: bool) -> object:
    default = setting.default_in(is_development=is_development)
    if setting.is_required and not is_development and not setting.is_set():
        raise EnvError(setting.name)
    return getattr(env, setting.kind)(
        setting.name_used(), default, validate=list(setting.validators)
    )
