"""Consent wording: the words a person agrees to, by version, as the sign-up form shows them."""

WORDING = "2026-11"  # of the form's words; a new date with every change of them
# The words of each version, and what ticking the box added: shown to everybody who asks what we
# hold about them.
AGREED = {
    "2026-11": (
        "Send me the guide",
        "Also send me the letters (four short notes over two weeks, then at most one a month)",
    ),
}
