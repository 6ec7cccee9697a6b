"""The digest: one mail in the morning, to each person who works at the desk, of what waits for them there."""
