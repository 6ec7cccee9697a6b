"""Published files: every public page as a file that a proxy serves by itself, with the site's own headers."""
