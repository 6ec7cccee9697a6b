"""Analytics: what is counted, so that nobody can be told from it. Sums a day, and nothing else, are kept.

Imports trustsite.web alone; the newsletter imports `api`, the two web entries hand `visits` to the edge.
"""
