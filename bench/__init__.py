"""Measurements: speed, mail, mutants, the shape of the code. Run by hand; nothing of the site imports them."""
