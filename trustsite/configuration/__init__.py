"""The operators' settings: the one list, validators, problems in words, documents made from the list.

Only trustsite.settings and commands import it; nothing here needs the settings but the documents.
"""
