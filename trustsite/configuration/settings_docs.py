"""The documents of the operators' settings, made from the one list: a table for docs/operators.md,
and `.env.example`.
"""

from pathlib import Path

from django.conf import settings

from trustsite.configuration.settings_list import SETTINGS, Setting

GUIDE = settings.BASE_DIR / "docs" / "operators.md"
EXAMPLE = settings.BASE_DIR / ".env.example"
BEGIN = "<!-- settings: made by manage.py document_settings -->"
END = "<!-- end of settings -->"
HEAD = """\
# Settings for a public site: copy this file to .env, fill in what production needs, close it to
# others (chmod 600 .env). The environment wins over the file. docs/operators.md says more. Made by
# manage.py document_settings.
"""


def table() -> str:
    """Return the table of settings in Markdown."""
    rows = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for setting in SETTINGS:
        name = f"`{setting.name}`" + (" (or `_FILE`)" if setting.is_secret else "")
        rows.append(f"| {name} | {_default(setting)} | {setting.help} |")
    return "\n".join(rows)


def _default(setting: Setting) -> str:
    if setting.is_required:
        return "needed in production"
    if setting.shown:
        return setting.shown
    if setting.kind == "bool":
        return "on" if setting.default else "off"
    if setting.default in ("", ()):
        return "none"
    return f"`{setting.default:g}`" if setting.kind == "float" else f"`{setting.default}`"


def example() -> str:
    """Return the example of a file of settings: what production needs, and the rest with its
    default, commented out.
    """
    parts = [HEAD]
    for setting in SETTINGS:
        value = "" if setting.default in ("", ()) else setting.default
        if setting.kind == "bool":
            value = "on" if setting.default else "off"
        line = f"{setting.name}={value}"
        words = f"# {setting.help.replace('`', '')}. Must be {setting.must}.\n"
        parts.append(words + (line if setting.is_required else f"#{line}") + "\n")
    return "\n".join(parts)


def guide() -> str:
    """Return the operators' guide with the table as it should be."""
    before, _, rest = GUIDE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def write() -> list[Path]:
    """Write what differs; return it."""
    written = []
    for path, text in ((GUIDE, guide()), (EXAMPLE, example())):
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            written.append(path)
    return written
