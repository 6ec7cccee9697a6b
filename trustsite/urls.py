"""Every address of the site, by app."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from operations.metrics import metrics
from operations.promises.views import promises
from operations.readiness import readyz
from trustsite import style_guide
from trustsite.desk.calendar import month
from trustsite.desk.find import search

handler400 = "trustsite.web.serving.refusals.bad_request"
handler404 = "articles.reading.views.not_found"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; touch nothing else."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("", include("articles.reading.urls")),
    path("quiz/", include("quiz.urls")),
    path("", include("newsletter.urls")),
    path("admin/search/", admin.site.admin_view(search), name="desk_search"),
    path("admin/", include("accounts.urls")),
    path("admin/calendar/", admin.site.admin_view(month), name="desk_calendar"),
    path("admin/", admin.site.urls),
    path("promises/", promises, name="promises"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
if settings.DEVELOPMENT:
    urlpatterns.append(path("dev/style/", style_guide.show))
