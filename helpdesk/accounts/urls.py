from django.urls import path

from helpdesk.accounts.views import appearance, first_run, password, profile, sign_in

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("password/", password.forgotten, name="password-forgotten"),
    path("password/sent/", password.sent, name="password-sent"),
    path("password/<uid>/<token>/", password.new, name="password-new"),
    path("set-up/", first_run.set_up, name="set-up"),
    path("set-up/mailbox/", first_run.mailbox, name="set-up-mailbox"),
    path("set-up/mailbox/test/", first_run.mailbox_test, name="set-up-mailbox-test"),
    path("set-up/remove-demo/", first_run.remove_demo, name="remove-demo"),
    path("profile/", profile.profile, name="profile"),
    path("language/", appearance.language, name="language"),
    path("theme/", appearance.theme, name="theme"),
]
