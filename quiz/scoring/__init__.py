"""Scoring, stability, simulation and the scoring key on paper: pure functions.

Imports nothing of Django; everything of the quiz may import it.
"""
