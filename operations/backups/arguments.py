"""Arguments that the commands `restore`, `drill` and `backup --verify` share, each with one meaning."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from operations.backups.restoring import Wish


def add_identity(parser: ArgumentParser) -> None:
    """Let the private key be named, for a backup that is encrypted."""
    parser.add_argument("--identity", type=Path, help="the file of the private key of age")


def add_restoring(parser: ArgumentParser) -> None:
    """Let a backup be named, and what may be passed over in taking it."""
    parser.add_argument("name", nargs="?", default="", help="a backup’s file or name")
    add_identity(parser)
    parser.add_argument("--other-keys", action="store_true", help="take it with other keys set")
    parser.add_argument(
        "--without-journal",
        action="store_true",
        help="take it though the suppression journal doesn’t reach back to it",
    )


def wish(options: dict[str, Any]) -> Wish:
    """Return what the arguments say."""
    return Wish(
        options["identity"],
        is_forced=options.get("force", False),
        takes_other_keys=options["other_keys"],
        takes_gap=options["without_journal"],
    )
