from django.urls import path, re_path
from django.views.decorators.http import require_safe

from articles.models import pages
from articles.reading import image_views, sitemaps, tool_views, views
from articles.reading.feeds import ArticlesFeed
from trustsite.web.serving.page_cache import public

app_name = "articles"
STANDING_PAGES = "|".join(pages.STANDING_PAGES)

urlpatterns = [
    path("", views.home, name="home"),
    path("articles/", views.index, name="index"),
    path("articles/after/<slug:after>/", views.index, name="index_after"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("topics/<slug:slug>/after/<slug:after>/", views.topic, name="topic_after"),
    path("responses/", views.responses, name="responses"),
    re_path(r"^responses/(?P<key>fight|flight|freeze|fawn)/$", views.response, name="response"),
    re_path(
        r"^responses/(?P<key>fight|flight|freeze|fawn)/card\.png$",
        image_views.response_card,
        name="response_card",
    ),
    path("tools/", tool_views.index, name="tools"),
    path("tools/<slug:slug>/", tool_views.tool, name="tool"),
    path("get-help/", views.get_help, name="get_help"),
    path("search/", views.search, name="search"),
    path(
        "feed/",
        require_safe(public(made_of=["lists", "texts", "sources"])(ArticlesFeed())),
        name="feed",
    ),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-pages.xml", sitemaps.pages, name="sitemap_pages"),
    re_path(
        r"^sitemap-articles-(?P<part>0|[1-9][0-9]{0,15})\.xml$",
        sitemaps.articles,
        name="sitemap_articles",
    ),
    path("robots.txt", views.robots),
    path(".well-known/security.txt", views.security_txt),
    path("favicon.ico", image_views.favicon),
    path("card.png", image_views.share_card, name="site_card"),
    path("articles/<slug:slug>/card.png", image_views.share_card, name="article_card"),
    re_path(
        r"^media/pictures/(?P<name>[0-9a-f]{20}(-\d{1,4})?\.(avif|webp|jpg|png))$",
        image_views.picture,
    ),
    re_path(rf"^(?P<slug>{STANDING_PAGES})/$", views.page, name="page"),
]
