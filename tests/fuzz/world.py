"""A site with one of everything, and for each place in an address the values that lead somewhere."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client

from accounts.passwords import links as password_links
from articles.editing import preview_links
from newsletter import tokens
from newsletter.emails.guide_pdf import GUIDE_FILE_NAME
from newsletter.emails.messages import guide_url
from newsletter.models import Subscriber
from quiz import content_files
from tests.factories import (
    make_article,
    make_delivery,
    make_helpline,
    make_letter,
    make_offer,
    make_page,
    make_picture,
    make_response,
    make_source,
    make_subscriber,
)
from tests.fuzz.addresses import Address

Values = dict[str, list[str]]  # of each place in an address


def build() -> Values:
    """Make the rows; return the values of each place."""
    call_command("sync_roles", verbosity=0)
    article = make_article(slug="a-draft", state="draft")
    make_article(slug="shown", takeaways=["One."])
    for key in ("fight", "flight", "freeze", "fawn"):
        make_response(key=key)
    make_page(), make_page(slug="get-help"), make_helpline()
    make_source(), make_offer(), make_letter()
    picture = make_picture()
    content_files.load(settings.CONTENT_DIR)
    person = make_subscriber(state=Subscriber.State.CONFIRMED)
    asked = make_subscriber(state=Subscriber.State.PENDING)
    make_delivery(subscriber=person)
    links = [
        password_links.link(owner(), password_links.RECOVERY).rstrip("/").rpartition("/")[2],
        tokens.confirm_token(asked),
        tokens.unsubscribe_token(person),
        tokens.settings_token(person),
        guide_url().rstrip("/").split("/")[-2],
        preview_links.link_token(article),
    ]
    numbers = [str(number) for number in range(1, 4)]
    return {
        "slug": ["shown", "a-draft", "about", article.topic.slug],
        "token": links,
        "key": ["fight", "fawn"],
        "name": ["postmark", picture.renditions[0]["name"]],
        "purpose": [password_links.RECOVERY],
        "first_name": ["back"],
        "object_id": numbers,
        "pk": numbers,
        "id": [str(owner().pk)],
        "number": ["0"],
        "after": ["shown"],
        "part": ["0"],
        "filename": [GUIDE_FILE_NAME],
        "kind": ["letter", "confirm", "guide"],
        "step": ["send", "test", "pause", "schedule", "withdraw", "resume"],
        "app_label": ["articles", "quiz", "newsletter", "auth"],
        "content_type_id": [str(ContentType.objects.get_for_model(User).pk)],
        "url": ["x/"],
    }


def values_of(address: Address, values: Values) -> Values:
    """Return the values of each place in an address; rows by the model that it speaks of."""
    own = dict(values)
    for model in admin.site._registry:
        if f"admin/{model._meta.app_label}/{model._meta.model_name}/" in address.text:
            pks = [str(pk) for pk in model._base_manager.values_list("pk", flat=True)[:3]]
            own |= {"object_id": pks, "pk": pks}
    # A place without a name (`_0`) is a number.
    return {name: own.get(name) or ["1"] for name in address.names}


def owner() -> User:
    """Return somebody who may do everything."""
    user, _ = User.objects.get_or_create(
        username="owner",
        defaults={"is_staff": True, "is_superuser": True, "email": "o@site.example"},
    )
    user.groups.add(Group.objects.get(name="Owners"))
    return user


def session() -> str:
    """Return the cookie of an owner who is logged in."""
    browser = Client()
    browser.force_login(owner())
    return browser.cookies["session"].value
