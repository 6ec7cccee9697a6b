from django.urls import path, re_path

from articles import views

app_name = "articles"
STANDING_PAGES = "about|editorial-policy|affiliate-disclosure|privacy|accessibility|contact|leaving-this-site"

urlpatterns = [
    path("", views.home, name="home"),
    path("articles/", views.index, name="index"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("responses/", views.responses, name="responses"),
    re_path(r"^responses/(?P<key>fight|flight|freeze|fawn)/$", views.response, name="response"),
    path("get-help/", views.get_help, name="get_help"),
    re_path(rf"^(?P<slug>{STANDING_PAGES})/$", views.page, name="page"),
]
