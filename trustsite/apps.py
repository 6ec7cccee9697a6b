from django.apps import AppConfig


class TrustsiteConfig(AppConfig):
    name = "trustsite"

    def ready(self) -> None:
        from trustsite import checks  # noqa: F401  registers them
