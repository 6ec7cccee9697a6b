"""Lists as files: people and suppressions brought in, whatever service the file comes from.

Imports suppression and below; admin and worker may import it.
"""
