from django.apps import AppConfig


class TrustsiteConfig(AppConfig):
    name = "trustsite"

    def ready(self) -> None:
        from trustsite import checks, data_folder  # noqa: F401  the checks register themselves
        from trustsite.desk import kept  # noqa: F401  so does the admin of what the desk keeps

        data_folder.close()
