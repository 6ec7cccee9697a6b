"""The doctor: looks at a running site, each with how to mend what it finds."""
