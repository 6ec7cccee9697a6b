from django.urls import path

from quiz import views

app_name = "quiz"

urlpatterns = [
    path("", views.take, {"slug": "short"}, name="take"),
    path("longer/", views.take, {"slug": "full"}, name="longer"),
    path("method/", views.method, name="method"),
    path("paper/", views.paper, name="paper"),
]
