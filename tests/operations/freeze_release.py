"""What a release leaves behind for the next one's tests: its migrations, and how its code writes a row of each table.

python -m tests.operations.freeze_release 1.1.0
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.servers import ROOT

STATEMENTS = ROOT / "tests/operations/last_release.sql"
MOMENT = datetime(2026, 11, 27, 12, tzinfo=UTC)
NUMBERS = ("Integer", "Boolean", "AutoField", "ForeignKey", "OneToOne", "Float", "Decimal")


def value(field: Any) -> str:
    """Return a value that the field's column takes, as SQL."""
    kind = field.get_internal_type()
    if field.null:
        return "NULL"
    if kind == "BooleanField":
        return "false"
    if any(word in kind for word in NUMBERS):
        return "1"
    if "JSON" in kind:
        return "'{}'"
    if kind.startswith("Date"):
        return f"'{MOMENT:%Y-%m-%d}'" if kind == "DateField" else f"'{MOMENT:%Y-%m-%d %H:%M:%S}'"
    return f"'{'x' * min(field.max_length or 1, 1)}'"


def statements() -> Iterator[str]:
    """Yield an INSERT for each table of ours, with every column that Django writes."""
    from django.apps import apps
    from django.db import connection

    from operations.upgrading.migration_rules import OURS

    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in OURS and model._meta.managed:
            fields: list[Any] = list(model._meta.local_concrete_fields)
            quote = connection.ops.quote_name
            columns = ", ".join(quote(field.column) for field in fields)
            values = ", ".join(value(field) for field in fields)
            yield f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({values});"


def main(version: str) -> None:
    import django

    django.setup()
    from django.db.migrations.loader import MigrationLoader

    from operations.upgrading.migration_rules import OURS
    from operations.upgrading.released import FILE

    nodes = sorted(node for node in MigrationLoader(None).graph.nodes if node[0] in OURS)
    FILE.write_text(json.dumps({"version": version, "migrations": nodes}, indent=1) + "\n")
    STATEMENTS.write_text(
        f"-- How the code of {version} writes.\n" + "\n".join(sorted(statements())) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
