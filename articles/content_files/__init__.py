"""Content as files: what `load_content` reads and `export_content` writes (docs/decisions/0007).

Imports editing and what is below it; reading and the commands may import it.

Each row remembers what it said when it was last loaded or exported. So a file can be told to be
new, changed, or older than an edit made in the admin; that one is never written over unless
somebody asks for it. An export gives the same bytes each time.
"""

from articles.content_files.changes import Change, SyncResult
from articles.content_files.exporting import HINT, Exported, export
from articles.content_files.files import ContentError
from articles.content_files.loading import load, sync

__all__ = [
    "HINT",
    "Change",
    "ContentError",
    "Exported",
    "SyncResult",
    "export",
    "load",
    "sync",
]
