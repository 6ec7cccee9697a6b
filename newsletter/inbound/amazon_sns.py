"""Amazon SES's reports, which come through SNS, without Amazon's own library.

anymail asks for boto3 and for an account's keys, only to confirm a subscription once. Amazon takes
the same by a plain request that needs no keys: the token in the message is the proof.
"""

import logging
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView

PATIENCE = 5.0  # seconds
_TOPIC = re.compile(
    r"arn:aws(-cn|-us-gov)?:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[\w-]{1,256}", re.A
)
_TOKEN = re.compile(r"[\w-]{20,1024}", re.A)
logger = logging.getLogger(__name__)


class NotConfirmed(Exception):  # noqa: N818  a state of the world
    """Amazon did not take the confirmation. It asks again for three days."""


class AmazonView(AmazonSESTrackingWebhookView):
    """anymail's reading of SES's reports, and our own way to confirm a subscription."""

    def __init__(self, **kwargs: Any) -> None:
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        """Confirm that we want a topic's reports. The request has proved by then that it's ours."""
        url = confirmation_url(sns_message)
        if url is None:
            raise AnymailWebhookValidationFailure("This names no topic of Amazon SNS.")
        request = urllib.request.Request(url)  # noqa: S310  https, to Amazon alone
        try:
            with _opener().open(request, timeout=PATIENCE) as response:
                response.read(1024)
        except (urllib.error.URLError, OSError) as error:
            logger.error("Amazon SNS did not take the confirmation: %s", type(error).__name__)
            raise NotConfirmed from error
        logger.warning("Amazon SNS sends its reports here from now on.")


def _opener() -> urllib.request.OpenerDirector:
    """Return what asks, and follows nobody elsewhere."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    return urllib.request.build_opener(NoRedirect)


def confirmation_url(sns_message: dict[str, Any]) -> str | None:
    """Return where to confirm: built from the topic's region. No address in the message counts."""
    topic, token = str(sns_message.get("TopicArn")), str(sns_message.get("Token"))
    match = _TOPIC.fullmatch(topic)
    if match is None or not _TOKEN.fullmatch(token):
        return None
    domain = "amazonaws.com.cn" if match[1] == "-cn" else "amazonaws.com"
    asked = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token}
    return f"https://sns.{match[2]}.{domain}/?{urllib.parse.urlencode(asked)}"
