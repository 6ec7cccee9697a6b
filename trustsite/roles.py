"""The roles people have in the admin, as groups.

`manage.py sync_roles` writes them; a test holds every page to them.

Who writes never sees who reads: writers, editors and reviewers have no permission on people, their
mails or what is kept to protect them. Somebody may have several roles.
"""

from django.contrib.auth.models import Group, Permission

VIEW = "view"
WRITE = "view add change"
ALL = "view add change delete"

_TEXTS = (
    "article",
    "page",
    "response",
    "topic",
    "source",
    "offer",
    "helpline",
    "picture",
    "snippet",
    "crisisword",
    "synonym",
)
_READ = {
    **{f"articles.{model}": VIEW for model in (*_TEXTS, "redirect")},
    **{
        f"quiz.{model}": VIEW
        for model in ("quiz", "version", "question", "option", "rating", "review")
    },
}
_QUIZ_DRAFTS = {f"quiz.{model}": ALL for model in ("version", "question", "option", "rating")}

# By role: actions on models, and under the empty name single permissions.
ROLES: dict[str, dict[str, str]] = {
    "Writers": {
        **_READ,
        **{f"articles.{model}": WRITE for model in ("article", "source", "picture")},
        "newsletter.letter": WRITE,
    },
    "Editors": {
        **_READ,
        **{f"articles.{model}": ALL for model in (*_TEXTS, "redirect")},
        **_QUIZ_DRAFTS,
        "newsletter.letter": ALL,
        "newsletter.emailwords": ALL,
        "": "articles.publish_article",
    },
    "Reviewers": {
        **_READ,
        **{f"articles.{model}": "view change" for model in ("source", "helpline")},
        "quiz.review": WRITE,
        "": "articles.review_article",
    },
    "List managers": {
        "newsletter.subscriber": ALL,
        "newsletter.delivery": "view change",
        "newsletter.letter": "view",
        "": "newsletter.send_letter",
    },
}
# An owner has all of these, the list of people who work here, and the history of what was done.
ROLES["Owners"] = {
    **_READ,
    **{f"articles.{model}": ALL for model in (*_TEXTS, "redirect", "reviewer")},
    **{
        f"quiz.{model}": ALL
        for model in ("quiz", "version", "question", "option", "rating", "review")
    },
    "newsletter.subscriber": ALL,
    "newsletter.delivery": "view change",
    "newsletter.letter": ALL,
    "newsletter.emailwords": ALL,
    "auth.user": ALL,
    "auth.group": VIEW,
    "admin.logentry": VIEW,
    "analytics.dailysum": VIEW,
    "": "articles.publish_article articles.review_article newsletter.send_letter",
}


def permissions(role: str) -> set[str]:
    """Return the permissions of a role, as `app.action_model`."""
    names = set(ROLES[role].get("", "").split())
    for model, actions in ROLES[role].items():
        app, _, name = model.partition(".")
        names |= {f"{app}.{action}_{name}" for action in actions.split() if model}
    return names


def sync() -> dict[str, int]:
    """Give each role's group its permissions, no more and no fewer.

    Return how many each had to gain or lose.

    Groups of other names, and who is in which, are left as they are. Raises LookupError for a
    permission that doesn't exist.
    """
    names = Permission.objects.values_list("content_type__app_label", "codename", "pk")
    known = {f"{app}.{codename}": number for app, codename, number in names}
    had: dict[str, set[int | None]] = {role: set() for role in ROLES}
    for role, number in Group.objects.filter(name__in=ROLES).values_list("name", "permissions"):
        had[role].add(number)  # None of a group without any
    changed = {}
    for role in ROLES:
        if missing := permissions(role) - known.keys():
            raise LookupError(
                f"There is no permission {', '.join(sorted(missing))}. Was “migrate” run?"
            )
        wanted = {known[name] for name in permissions(role)}
        changed[role] = len(wanted ^ (had[role] - {None}))
        if wanted != had[role]:
            Group.objects.get_or_create(name=role)[0].permissions.set(wanted)
    return changed
