"""Export: the report as files and as text, figure for figure what the page shows."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from analytics.disclosure import words
from analytics.report import Table

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(tables: Iterable[Table]) -> str:
    """Return one line a figure: table, row, column, figure."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["table", "row", "column", "figure"])
    for table in tables:
        for row in table.rows:
            for column, number in zip(table.columns[1:], row.figures, strict=True):
                figure: Any = words(None) if number is None else number
                writer.writerow([table.title, _text(row.label), column, figure])
    return out.getvalue()


def _text(label: str) -> str:
    """Return a label as no spreadsheet takes it for a formula."""
    return f"'{label}" if label.startswith(FORMULA) else label


def as_json(tables: Iterable[Table], first: date, last: date) -> str:
    """Return the tables as data; a figure that isn't shown is null."""
    data = {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "tables": [
            {
                "key": table.key,
                "title": table.title,
                "columns": table.columns,
                "rows": [[row.label, *row.figures] for row in table.rows],
            }
            for table in tables
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def as_text(tables: Iterable[Table]) -> str:
    """Return the tables for a terminal."""
    lines: list[str] = []
    for table in tables:
        lines += [table.title, f"  {table.sentence}"]
        width = max((len(row.label) for row in table.rows), default=0)
        heads = table.columns[1:]
        if len(heads) > 1 and table.rows:
            lines.append(f"  {'':{width}}  " + "  ".join(f"{head:>12}" for head in heads))
        for row in table.rows:
            figures = "  ".join(f"{words(number):>12}" for number in row.figures)
            lines.append(f"  {row.label:{width}}  {figures}")
        lines.append("")
    return "\n".join(lines)
