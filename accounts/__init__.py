"""The door of the editors' desk: logging in, the second step, the way back in, and where one is logged in.

docs/decisions/0009-the-desks-door.md says why it is as it is.
"""
