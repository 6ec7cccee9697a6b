from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        from articles import api as articles
        from newsletter import checks  # noqa: F401  registers them
        from newsletter.issues.archive import IssuesSitemap

        articles.add_to_sitemap("letters", IssuesSitemap)
