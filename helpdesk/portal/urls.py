from django.urls import path

from helpdesk.portal.views import articles, files, health, home, links, new_requests, requests, suggested, surveys

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("health/", health.health, name="health"),
    path("help/articles/", articles.all_articles, name="articles"),
    path("help/articles/suggestions/", suggested.suggested, name="suggested-answers"),
    path("help/articles/<slug:slug>/", articles.article, name="article"),
    path("requests/new/", new_requests.new_request, name="new-request"),
    path("requests/sent/", new_requests.request_sent, name="request-sent"),
    path("links/", links.new_link, name="new-link"),
    path("r/<str:token>/", requests.show, name="request"),
    path("r/<str:token>/replies/", requests.reply, name="request-reply"),
    path("r/<str:token>/solved/", requests.solved, name="request-solved"),
    path("r/<str:token>/objection/", requests.objection, name="request-object"),
    path("r/<str:token>/files/<int:pk>/", files.download, name="request-file"),
    path("surveys/stop/<str:token>/", surveys.stop, name="stop-surveys"),
    path("s/<str:token>/", surveys.survey, name="survey"),
    path("s/<str:token>/provisional/", surveys.provisional, name="survey-provisional"),
]
