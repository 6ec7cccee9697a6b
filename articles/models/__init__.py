"""What the site reads from: articles and the things they are made of."""

from articles.models.article import (
    RESPONSES,
    Article,
    ArticleQuerySet,
    OldAddress,
    next_publication,
)
from articles.models.crisis_words import CrisisWord
from articles.models.desk import Draft, Redirect, Reviewer
from articles.models.helplines import Helpline
from articles.models.images import Picture
from articles.models.markdown import Text
from articles.models.offers import Offer
from articles.models.pages import Page, Response
from articles.models.shelves import Source, Topic
from articles.models.synced import STALE_AFTER, Filed, is_stale

__all__ = [
    "RESPONSES",
    "STALE_AFTER",
    "Article",
    "ArticleQuerySet",
    "CrisisWord",
    "Draft",
    "Filed",
    "Helpline",
    "Offer",
    "OldAddress",
    "Page",
    "Picture",
    "Redirect",
    "Response",
    "Reviewer",
    "Source",
    "Text",
    "Topic",
    "is_stale",
    "next_publication",
]
