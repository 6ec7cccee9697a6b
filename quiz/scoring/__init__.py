"""Scoring, stability, simulation and the paper form: pure functions.

Imports nothing of Django; everything of the quiz may import it.
"""
