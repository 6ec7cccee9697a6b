from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from newsletter.emails import dev_views
from newsletter.emails.guide_pdf import GUIDE_FILE_NAME
from newsletter.inbound import signed_webhook
from newsletter.issues import archive
from newsletter.subscribing import preferences_views, views
from trustsite.web.serving.page_cache import public


@csrf_exempt
def receive_report(request: HttpRequest, name: str) -> HttpResponse:
    """Take in a mail service's report. What reads it takes 20 MB, so a process has that with its first report."""
    from newsletter.inbound import webhooks

    return webhooks.receive(request, name)


app_name = "newsletter"
urlpatterns = [
    path("guide/", views.guide, name="guide"),
    path(f"guide/{GUIDE_FILE_NAME}", views.guide_file, name="guide_file"),
    path(f"guide/<str:token>/{GUIDE_FILE_NAME}", views.guide_file, name="guide_file"),
    path("newsletter/issues/", archive.issues, name="issues"),
    path("newsletter/issues/<int:pk>/", archive.issue, name="issue"),
    path(
        "newsletter/issues/feed/",
        public(made_of=[archive.LETTERS])(archive.IssuesFeed()),
        name="issues_feed",
    ),
    path("newsletter/subscribe/", views.subscribe, name="subscribe"),
    path("newsletter/confirm/<str:token>/", views.confirm, name="confirm"),
    path("newsletter/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("newsletter/settings/<str:token>/", preferences_views.settings, name="settings"),
    path("newsletter/settings/<str:token>/copy/", preferences_views.copy, name="settings_copy"),
    path("newsletter/webhooks/signed/", signed_webhook.receive_signed, name="signed_webhook"),
    path("newsletter/webhooks/<str:name>/", receive_report, name="webhooks"),
    path("newsletter/reports/<str:name>/", receive_report),  # services set up earlier call this
    path("newsletter/your-data/", preferences_views.your_data, name="your_data"),
    path("dev/mail/", dev_views.mails, name="dev_mails"),
    path("dev/mail/<str:name>/", dev_views.mail, name="dev_mail"),
    path("dev/mail/<str:name>/html/", dev_views.mail_html, name="dev_mail_html"),
    path(
        "dev/mail/<str:name>/<int:number>/<str:filename>",
        dev_views.attachment,
        name="dev_attachment",
    ),
]
