"""Moving in from another site: an export file of WordPress or Ghost becomes drafts.

Imports editing, linking and models; admin and the commands may import it.

A file is taken apart first (`wordpress`, `ghost`: items), each text becomes our markdown
(`markup`), and a plan says what becomes of each before anything is saved (`plan`).
"""
