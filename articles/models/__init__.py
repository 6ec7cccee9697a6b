"""Models: articles and what they are made of, one noun a module.

Import nothing of this app but states and images; all of it may import them.
"""

from articles.models.article import (
    RESPONSES,
    Article,
    ArticleQuerySet,
    next_publication,
)
from articles.models.desk import Autosave, ImportJob, Reviewer, ReviewNote, TextUse
from articles.models.helplines import Helpline
from articles.models.images import Picture
from articles.models.markdown import MarkdownModel
from articles.models.offers import Offer
from articles.models.pages import Page, Response
from articles.models.redirects import Redirect, SlugRedirect
from articles.models.search import ArticleStem, CrisisWord, SearchDocument, Synonym
from articles.models.snippets import Snippet
from articles.models.sources import Source
from articles.models.synced import STALE_AFTER, SyncedModel, is_stale
from articles.models.topics import Topic

__all__ = [
    "RESPONSES",
    "STALE_AFTER",
    "Article",
    "ArticleQuerySet",
    "ArticleStem",
    "Autosave",
    "CrisisWord",
    "Helpline",
    "ImportJob",
    "MarkdownModel",
    "Offer",
    "Page",
    "Picture",
    "Redirect",
    "Response",
    "ReviewNote",
    "Reviewer",
    "SearchDocument",
    "SlugRedirect",
    "Snippet",
    "Source",
    "SyncedModel",
    "Synonym",
    "TextUse",
    "Topic",
    "is_stale",
    "next_publication",
]
