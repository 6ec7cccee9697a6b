"""The desk as an editor's browser has it: somebody logged in, and the article form as it was opened."""

from typing import Any

import html5lib
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

ADD = "/admin/articles/article/add/"


def log_in(role: str, name: str = "") -> Any:
    """Return a browser in which somebody of this role is logged in."""
    call_command("sync_roles", verbosity=0)
    user, _ = User.objects.get_or_create(username=name or role.lower(), defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=role))
    browser: Any = Client()
    browser.force_login(user)
    browser.user = user
    return browser


def address(article: Any) -> str:
    return f"/admin/articles/article/{article.pk}/change/"


def opened(browser: Any, path: str) -> Any:
    """Return the fields of the article form as the page at `path` fills them in."""
    page = html5lib.parse(browser.get(path).content.decode(), namespaceHTMLElements=False)
    forms = [one for one in page.iter("form") if (one.get("id") or "").endswith("_form")]
    form = forms[0] if forms else None
    fields: dict[str | None, Any] = {}
    assert form is not None
    for field in form.iter():
        name = field.get("name")
        if field.tag == "textarea":
            fields[name] = (field.text or "").removeprefix("\n")
        elif field.tag == "select":
            chosen = [
                option.get("value")
                for option in field.iter("option")
                if option.get("selected") is not None
            ]
            fields[name] = (chosen or [option.get("value") for option in field.iter("option")])[0]
        elif field.tag == "input" and field.get("type") == "checkbox":
            fields |= {name: "on"} if field.get("checked") is not None else {}
        elif field.tag == "input" and field.get("type") != "submit":
            fields[name] = field.get("value", "")
    return {name: value for name, value in fields.items() if name and not name.startswith("_")}


def save(browser: Any, article: Any, **over: Any) -> Any:
    """Open an article's form, change it and save it; return the answer."""
    return browser.post(address(article), opened(browser, address(article)) | over)


def errors(response: Any) -> Any:
    """Return the errors of a form that wasn't saved, by field."""
    return dict(response.context["adminform"].form.errors) if response.status_code == 200 else {}
