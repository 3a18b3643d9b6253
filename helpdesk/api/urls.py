from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from helpdesk.api import tagging, tickets, tokens

app_name = "api"
urlpatterns = [
    path("token/", tokens.token, name="token"),
    path("tickets/", tickets.collection, name="tickets"),
    path("tickets/<int:number>/", tickets.ticket, name="ticket"),
    path("tickets/<int:number>/replies/", tickets.replies, name="replies"),
    path("tickets/<int:number>/notes/", tickets.notes, name="notes"),
    path("tickets/<int:number>/assignment/", tickets.assignment, name="assignment"),
    path("tickets/<int:number>/resolution/", tickets.resolution, name="resolution"),
    path("tickets/<int:number>/reopening/", tickets.reopening, name="reopening"),
    path("tickets/<int:number>/tagging/", tagging.tagging, name="tagging"),
    path("tickets/<int:number>/tagging/confirmation/", tagging.confirmation, name="tagging-confirmation"),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="schema"),
]
