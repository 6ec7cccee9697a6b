"""Failpoints: named steps on a mail's way at which a test can make the process die."""


def hit(name: str) -> None:
    """Do nothing. Tests replace this."""
