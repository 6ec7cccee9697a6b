"""Writing TOML and front matter, the same way each time: keys in order, a line a value, LF."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

import yaml

Values = Mapping[str, Any]
IN_ONE_LINE = {"related"}  # lists of keys; other lists have a line for each text


class _Row(list[str]):
    """A list that is written in one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def choose_scalar_style(self) -> Any:
        return super().choose_scalar_style().replace("'", '"')


_Dumper.add_representer(
    _Row,
    lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True),
)


def markdown(values: Values) -> str:
    """Return a markdown file: its front matter between lines of ---, and its `body` below."""
    front_values = {
        name: _front_value(name, value) for name, value in values.items() if name != "body"
    }
    front = yaml.dump(
        front_values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=float("inf")
    )
    body = values.get("body", "")
    return f"---\n{front}---\n{body}\n" if body else f"---\n{front}---\n"


def comment(text: str) -> str:
    """Return `text` as a comment, a # before each line."""
    return "\n".join(f"# {line}".rstrip() for line in text.strip().split("\n"))


def table(header: str, values: Values) -> str:
    """Return a TOML table; without a header, the lines alone."""
    lines = [header] if header else []
    lines += [f"{key(name)} = {_toml(value)}" for name, value in values.items()]
    return "\n".join(lines)


def toml(parts: Iterable[str]) -> str:
    """Return a TOML file of comments and tables, a line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"


def key(name: str) -> str:
    """Return a TOML key, between quotation marks if it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _front_value(name: str, value: Any) -> Any:
    if isinstance(value, datetime) and value.timetz().replace(tzinfo=None) == time():
        return value.date()
    return _Row(value) if name in IN_ONE_LINE and isinstance(value, list) else value


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    # JSON's texts, numbers and truths are TOML's too, but for one character that TOML wants spelt
    # out.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
