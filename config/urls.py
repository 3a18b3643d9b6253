"""Every address of the product, by door."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from helpdesk.ui.style_guide import style_guide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("helpdesk.portal.urls")),
    path("", include("helpdesk.accounts.urls")),
    path("", include("helpdesk.workspace.urls")),
    path("api/v1/", include("helpdesk.api.urls")),
]
if settings.MAIL_HOOKS:
    urlpatterns.append(path("hooks/mail/", include("config.hooks")))
if settings.DEBUG:
    urlpatterns.append(path("style-guide/", style_guide))  # every component in every state, for whoever builds pages

handler403 = "helpdesk.accounts.views.errors.forbidden"
handler404 = "helpdesk.accounts.views.errors.not_found"
handler500 = "helpdesk.accounts.views.errors.broken"
