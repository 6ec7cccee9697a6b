"""Passwords: links for choosing one, the mail that brings a link, rules for a new one."""
