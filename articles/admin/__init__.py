"""The editors' desk."""

from django.conf import settings
from django.contrib import admin

from articles.admin import article, images, library, redirects

__all__ = ["article", "images", "library", "redirects"]

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "The editors' desk"
admin.site.enable_nav_sidebar = False  # trustsite/desk/navigation.py is the one list of places
