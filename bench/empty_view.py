"""The floor of a form: a Django project of one view that takes a post and answers the same few bytes."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.POST)}\n", content_type="text/plain")


urlpatterns = [path("", view), path("healthz", view)]
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="bench")
application = get_wsgi_application()
