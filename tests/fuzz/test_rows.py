"""Rows that hold anything, behind the back of the models: what machines and people read of them stays valid."""

import csv
import io
import json
import re
from email import message_from_bytes, policy
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.admin.subscriber_export import SubscriberExport
from newsletter.emails import messages
from newsletter.models import Delivery, Letter, Subscriber
from tests.factories import make_delivery
from tests.fuzz.asking import check
from tests.fuzz.conftest import examples, rolled_back
from tests.fuzz.nasty import TEXTS
from tests.trustsite.test_characters import text_fields
from trustsite import characters

pytestmark = pytest.mark.django_db
READ = [
    "/",
    "/articles/",
    "/articles/shown/",
    "/get-help/",
    "/responses/",
    "/about/",
    "/search/?q=shown",
]
MARKUP = re.compile("[<>&]")
LONG = "word <b> & ]]> " * 70_000  # a megabyte
STORABLE = [text for text in TEXTS if not re.search("[\ud800-\udfff]", text)]
words = st.one_of(
    st.sampled_from(STORABLE), st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)


def spoil(text):
    """Write `text` into every text of every row, after a few of its own letters."""
    for model in apps.get_models():
        if (
            model._meta.app_label not in {"articles", "quiz", "newsletter"}
            or not model._meta.managed
        ):
            continue
        changed = {}
        for name in text_fields(model):
            field = model._meta.get_field(name)
            # What the renderer made is the one thing that pages trust: no markup of others' is in it.
            words = text if field.editable else MARKUP.sub("", text)
            changed[name] = models.Value(words[: field.max_length or len(words)])
        if changed:
            model._base_manager.update(**changed)


def read_strictly(visitor):
    ElementTree.fromstring(visitor.ask("/feed/").body)
    ElementTree.fromstring(visitor.ask("/sitemap-pages.xml").body)
    for address in READ:
        path, _, query = address.partition("?")
        answer = visitor.ask(path, query=query)
        visitor.seen.clear()
        check(answer, visitor, address)
        for said in re.findall(
            r'<script type="application/ld\+json"[^>]*>(.*?)</script>', answer.body.decode(), re.S
        ):
            json.loads(said)


def read_mails():
    for delivery in Delivery.objects.select_related("subscriber"):
        whole = message_from_bytes(
            messages.render(delivery).message().as_bytes(), policy=policy.default
        )
        assert not whole.defects
        for part in whole.walk():
            assert not part.defects
            if part.get_content_maintype() == "text":
                assert not characters.CONTROL.search(part.get_content())


def read_exports():
    exported = "".join(SubscriberExport(Subscriber.objects.all()).as_csv())
    json.loads("".join(SubscriberExport(Subscriber.objects.all()).as_json()))
    for row in csv.reader(io.StringIO(exported), strict=True):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_readers_pages_feeds_and_maps(stranger, values):
    @examples(6)
    @given(words)
    @example("\x00\x01\x0b\x1f\x7f\x85\ufffe\uffff\u2028\u202e]]></script><fuzz>")
    def tried(text):
        with rolled_back():
            spoil(text)
            read_strictly(stranger)

    tried()


def test_texts_of_a_megabyte(stranger, values):
    with rolled_back():
        spoil(LONG)
        for path in ("/feed/", "/sitemap-pages.xml"):
            ElementTree.fromstring(stranger.ask(path).body)
        assert stranger.ask("/articles/shown/").status == 200


def test_mails_and_exports(values):
    person = Subscriber.objects.filter(state="confirmed").first()
    make_delivery(kind="listed", subscriber=person)
    make_delivery(kind="letter", subscriber=person, letter=Letter.objects.first())

    @examples(8)
    @given(words)
    @example("=cmd|' /C calc'!A0")
    @example("\r\nBcc: a@b.example\r\n\r\n\x00\ufffe")
    def tried(text):
        with rolled_back():
            spoil(text)
            read_mails()
            read_exports()

    tried()


def test_the_admin(owner, values):
    lists = [model for model in admin.site._registry if model._meta.app_label != "auth"]

    @examples(10)
    @given(words, st.sampled_from(lists), st.sampled_from(["changelist", "change", "history"]))
    def tried(text, model, page):
        with rolled_back():
            spoil(text)
            row = model._base_manager.first()
            places = [row.pk] if page != "changelist" and row else []
            if page != "changelist" and not row:
                return
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
            answer = owner.ask(reverse(name, args=places))
            check(answer, owner, (name, text))

    tried()
