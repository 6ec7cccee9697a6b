"""Receivers: what saving or deleting a row does beside it, for every way of saving it.

The models import nothing above them; AppConfig.ready connects these.
"""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.urls import reverse

from articles.editing import checks, review
from articles.linking import slug_history, uses
from articles.models import Article, Helpline, Page, Picture, Response, Snippet, Topic
from articles.models.markdown import words_hash
from articles.models.pages import address_of
from articles.searching import desk_index, documents, nearness


@receiver(pre_save, sender=Article)
def keep_what_belongs_to_it(instance: Article, raw: bool, **kwargs: Any) -> None:
    """Keep the address readers had, take back a check of other words, count what is wrong."""
    if raw:  # a fixture holds all of this itself
        return
    slug_history.record(instance)
    review.reset_when_text_changes(instance)
    instance.text_hash = words_hash(instance)
    instance.problems = len(checks.run(instance))
    instance.nearest_due = nearness.TEXT


@receiver(pre_save, sender=Page)
def take_back_a_check_of_other_words(instance: Page, raw: bool, **kwargs: Any) -> None:
    """Bind a new check of a page to its words."""
    if not raw:
        review.reset_when_text_changes(instance)


@receiver(post_save, sender=Article)
def index_its_words(instance: Article, raw: bool, **kwargs: Any) -> None:
    """Put its words into the desk's index, and into the readers' or out of it."""
    if not raw:
        documents.put_article(instance)
        desk_index.put(instance)


@receiver(post_save, sender=Article)
@receiver(post_save, sender=Page)
@receiver(post_save, sender=Response)
@receiver(post_save, sender=Snippet)
def note_what_it_uses(instance: Article | Page | Response | Snippet, **kwargs: Any) -> None:
    """Note what it leads to, cites and shows."""
    uses.record(instance)


@receiver(pre_delete, sender=Article)
@receiver(pre_delete, sender=Page)
@receiver(pre_delete, sender=Response)
@receiver(pre_delete, sender=Snippet)
def forget_what_it_used(instance: Article | Page | Response | Snippet, **kwargs: Any) -> None:
    """Forget what it led to, cited and showed."""
    uses.forget(instance)


@receiver([post_save, post_delete], sender=Page)
@receiver([post_save, post_delete], sender=Response)
@receiver([post_save, post_delete], sender=Topic)
@receiver([post_save, post_delete], sender=Helpline)
def read_its_page_anew(instance: Page | Response | Topic | Helpline, **kwargs: Any) -> None:
    """Let the search read the page that shows it, once it is committed."""
    if isinstance(instance, Helpline):
        documents.put_soon(reverse("articles:get_help"))
    elif path := address_of(instance):
        documents.put_soon(path)


@receiver(pre_delete, sender=Article)
def take_its_words_out(instance: Article, **kwargs: Any) -> None:
    """Take its words out of both indexes."""
    documents.remove_article(instance)
    desk_index.remove(instance)


@receiver(pre_delete, sender=Picture)
def refuse_while_shown(instance: Picture, **kwargs: Any) -> None:
    """Raise ProtectedError for a picture that a text shows."""
    texts = instance.shown_in()
    if texts:
        titles = ", ".join(f"“{text.title}”" for text in texts)
        raise models.ProtectedError(
            f"This picture is in {titles}. Take it out there first.", set(texts)
        )
