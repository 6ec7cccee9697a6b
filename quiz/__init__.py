"""The quiz: versions, scoring, the form and its result, the method page, the quiz on paper.

Stands on trustsite.web, prose, accounts and articles, and on nothing of the newsletter; only
trustsite's URLs and commands import it.
"""
