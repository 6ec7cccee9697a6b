"""Admin of the quiz: its model admins and their views.

Imports everything of the quiz; nothing imports it.
"""

from quiz.admin import versions  # noqa: F401  registers it
