"""Kinds of sums, and the rule each is kept by: at once, once a day, or when enough are together.

This list is complete: what isn't of it isn't counted. /privacy/ says the same, and a test compares them.
"""

READ = "read"  # of a public page, by its path
OFFER = "offer"  # shown in an article that was read, by its key
REFERRER = "referrer"  # by the name of referrers.toml
SEARCH = "search"  # ALL, NOTHING
QUIZ = "quiz"  # finished, by its form
OUTCOME = "outcome"  # by version and key of the result
GUIDE = "guide"  # ASKED, CONFIRMED, WITH_LETTERS, SENT, RETURNED, LEFT
LETTERS = "letters"  # SENT, RETURNED, LEFT
SOURCE = "source"  # the page that led to a sign-up, by its path
MISSING = "missing"  # an address where nothing is
REDIRECT = "redirect"  # an old address that led on, or said that its page is gone

ALL, NOTHING = "all", "found nothing"
FINISHED = "finished"
ASKED, CONFIRMED, WITH_LETTERS = "asked", "confirmed", "confirmed, with letters"
SENT, RETURNED, LEFT = "sent", "returned", "left"

# Written once a day, so that no moment of a sum is that of a row of the newsletter.
ONCE_A_DAY = frozenset({GUIDE, LETTERS})
# Wait in memory alone until POOL are together, of whatever days: what one person got, or which page
# one person came from, can't be read from a day on which there was one.
POOLED = frozenset({OUTCOME, SOURCE})
POOL = 20
# A stranger chooses these names. One is kept once so many have asked for it on a day.
MISSING_AFTER = 10
MAX_MISSING = 500  # names that wait, in a process
MAX_MISSING_KEPT = 100  # names a day, in a process; the rest are OTHERS
OTHERS = "/..."
