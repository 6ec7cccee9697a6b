"""What the site promises its readers: each printed only while what it stands on holds."""
