from django.apps import AppConfig


class TrustsiteConfig(AppConfig):
    name = "trustsite"

    def ready(self) -> None:
        from trustsite import checks, data_folder  # noqa: F401  the checks register themselves

        data_folder.close()
