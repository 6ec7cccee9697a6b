"""The rate limiter: counts per value (a network, an account …) that hold over all processes of a
machine.

Counts stand in a small SQLite file of their own beside the database (`LIMITS_FILE`), which is in no
backup and is lost without harm; in Redis where `CACHE_URL` names one, so that several machines
count together. Values are stored as hashes under a key that is made at random each day and thrown
away, so that the file says nothing about who or where.

Every wait has a bound (`store.TIMEOUT`): a limiter that doesn't answer must not hold a reader's
thread. What happens then is the caller's to choose: `increment` raises RateLimitUnavailableError,
or counts in this process's memory (`falls_back_to_memory`).

Callers import `limit.Limit`, and the error and the usage from `store`; a backend is a `store.Store`
in a module of its own.
"""
