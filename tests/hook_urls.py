"""The addresses of an installation to which three mail services may post."""

from django.urls import include, path

from config import hooks
from config.urls import urlpatterns as others

urlpatterns = [path("hooks/mail/", include(hooks.addresses(["mailgun", "postmark", "sendgrid"]))), *others]
