"""What editors do with a text: workflow, review, checks, bulk edits.

Imports content_files, linking and models; reading and admin may import it.
"""
