"""Running the site: backups, releases, readiness, retention, and what its owner is told."""
