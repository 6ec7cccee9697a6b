"""SQLite's database backend for the web server: where nothing can be written, it is read.

A journal of its own kind (WAL) needs a file beside the database even to read it, so a full disk or a
read-only folder would take every page away that isn't kept. The file is then opened as one that
doesn't change: what was committed to it is read, and whoever writes is refused as by any read-only
database. Connections live for a minute, so the next one writes again once there is room.
"""

import logging
import sqlite3
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3._functions import (  # type: ignore[import-untyped]
    register as register_functions,
)

logger = logging.getLogger(__name__)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, which falls back to reading."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; one that reads alone where SQLite can't make its journal."""
        try:
            return super().get_new_connection(conn_params)
        except sqlite3.OperationalError as error:
            name = Path(str(conn_params["database"]))
            if "locked" in str(error) or not name.is_file() or not name.stat().st_size:
                raise
            logger.warning("The database can be read and not written: %s.", error)
            address = f"{name.resolve().as_uri()}?mode=ro&immutable=1"
            params = {**conn_params, "database": address, "uri": True}
            connection = sqlite3.connect(**params)
            register_functions(connection)
            return connection
