"""Run tests on PostgreSQL and Redis: `python -m tests.on_postgresql [what pytest takes]`, as `make test-postgres` does.

Each run has servers of its own, in temporary folders. Without arguments all run that speak to the database.
"""

import os
import subprocess
import sys

from tests.servers import ROOT, postgresql, redis

FOLDERS = ["accounts", "analytics", "articles", "newsletter", "quiz", "trustsite"]


def main() -> int:
    """Start the servers, run the tests, and return how they ended."""
    chosen = sys.argv[1:] or ["-n", "2", *(f"tests/{name}" for name in FOLDERS)]
    with postgresql() as database, redis() as cache:
        if database is None or cache is None:
            print(
                "PostgreSQL and Redis aren’t here: sudo apt-get install -y postgresql redis-server"
            )
            return 1
        environment = os.environ | {"DATABASE_URL": database.new_database(), "CACHE_URL": cache}
        command = [sys.executable, "-m", "pytest", *chosen]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
