"""Backups: made while the site runs, restored without who left, proved by a drill."""
