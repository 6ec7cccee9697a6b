"""The storage of static files: hashed names, compressed, with the list of all of them where nobody
is served it.
"""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Keeps its manifest beside the folder that is served, not inside."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        manifest_storage = FileSystemStorage(location=settings.STATIC_MANIFEST.parent)
        super().__init__(*args, manifest_storage=manifest_storage, **kwargs)

    def save_manifest(self) -> None:
        """Write the manifest, and delete one that an earlier release left among the files."""
        super().save_manifest()
        if self.exists(self.manifest_name):
            self.delete(self.manifest_name)
