"""Forms clean data and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cx.codebook import FORM_TOPICS, GAP_BETTER, GAP_FELL_SHORT
from cx.models import Invitation
from cx.models.survey import SurveyKind
from cx.questions import scores
from helpdesk.common.text import normalise
from helpdesk.common.uploads import Quota
from helpdesk.portal.uploads import LARGEST_FILE_MB, MOST_FILES
from tickets.models import Mailbox
from tickets.models.mailbox import base_address

LONGEST_TEXT = 20_000
EMAIL_ERRORS = {"required": _("Enter your email"), "invalid": _("Enter an email like name@example.com")}


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to five files. Those that were dropped on arrival for being too large or too many are named."""

    widget = Files

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Photos or files"), required=False, **kwargs)
        self.quota: Quota | None = None

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(FilesField, self).clean(file, initial) for file in data or []]
        if self.quota and self.quota.too_large:
            names = ", ".join(self.quota.too_large)
            raise forms.ValidationError(
                _t("Choose files of up to %(size)s MB. Too large: %(names)s.")
                % {"size": LARGEST_FILE_MB, "names": names}
            )
        if len(files) > MOST_FILES or (self.quota and self.quota.dropped):
            raise forms.ValidationError(
                ngettext("Choose at most %(n)s file", "Choose at most %(n)s files", MOST_FILES) % {"n": MOST_FILES}
            )
        return files


class WithFiles(forms.Form):
    """A form with an `attachments` field whose limits were watched on arrival."""

    def __init__(self, *args: Any, quota: Quota | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["attachments"]
        assert isinstance(field, FilesField)
        field.quota = quota

    @property
    def has_lost_files(self) -> bool:
        """No browser gives files back to a form: they must be chosen again."""
        return self.is_bound and bool(self.errors) and bool(self.files)


class RequestForm(WithFiles):
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        required=False,
        error_messages={"max_length": _("Use at most %(limit_value)d characters")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your email"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    topic = forms.ChoiceField(
        label=_("What is it about?"),
        help_text=_("Choose the closest. We read what you write, too."),
        choices=[(stage.value, label) for stage, label in FORM_TOPICS.items()],
        error_messages={"required": _("Choose what it is about"), "invalid_choice": _("Choose what it is about")},
        widget=forms.RadioSelect(attrs={"class": "radio"}),
    )
    text = forms.CharField(
        label=_("What happened?"),
        help_text=_("One or two sentences is enough."),
        max_length=LONGEST_TEXT,
        error_messages={
            "required": _("Tell us what happened"),
            "max_length": _("Use at most %(limit_value)d characters, or attach a file"),
        },
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    expected = forms.CharField(
        label=_("What did you expect instead?"),
        max_length=2000,
        required=False,
        error_messages={"max_length": _("Use at most %(limit_value)d characters")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    attachments = FilesField()
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)
    # For machines that fill in everything. A person does not see it, and a screen reader does not read it.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"], single_line=True)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip()
        if Mailbox.objects.filter(address=base_address(email)).exists():
            raise forms.ValidationError(_t("Enter your own email: this one is ours"))
        return email

    def clean_text(self) -> str:
        return _said(self.cleaned_data["text"], else_="Tell us what happened")

    def clean_expected(self) -> str:
        return normalise(self.cleaned_data["expected"]).strip()


class ReplyForm(WithFiles):
    text = forms.CharField(
        label=_("Your reply"),
        max_length=LONGEST_TEXT,
        error_messages={
            "required": _("Write your reply"),
            "max_length": _("Use at most %(limit_value)d characters, or attach a file"),
        },
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
    )
    attachments = FilesField()
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        return _said(self.cleaned_data["text"], else_="Write your reply")


class LinkForm(forms.Form):
    email = forms.EmailField(
        label=_("Your email"),
        max_length=254,
        error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class SurveyForm(forms.Form):
    """The score and what lies behind it. Which of the two questions about the gap counts follows from the score."""

    score = forms.TypedChoiceField(coerce=int, error_messages={"required": _("Choose one of the answers")})
    solved = forms.ChoiceField(
        label=_("Is it solved?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "radio"}),
    )
    short = forms.ChoiceField(
        label=_("What fell short?"),
        choices=[(gap.value, label) for gap, label in GAP_FELL_SHORT.items()],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "radio"}),
    )
    better = forms.ChoiceField(
        label=_("What was better than you expected?"),
        choices=[(gap.value, label) for gap, label in GAP_BETTER.items()],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "radio"}),
    )
    comment = forms.CharField(
        label=_("What did you expect?"),
        max_length=5000,
        required=False,
        error_messages={"max_length": _("Use at most %(limit_value)d characters")},
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = invitation.kind
        self.fields["score"].choices = [(str(s), str(s)) for s in scores(invitation)]  # type: ignore[attr-defined]

    def clean_comment(self) -> str:
        return normalise(self.cleaned_data["comment"]).strip()

    @property
    def answer(self) -> dict[str, Any]:
        """The cleaned answer, as `surveys.answer` takes it."""
        given = self.cleaned_data
        is_satisfaction = self.kind == SurveyKind.CSAT
        about = ""
        if is_satisfaction and given["score"] <= 3:
            about = given["short"]
        elif is_satisfaction and given["score"] == 5:
            about = given["better"]
        return {
            "score": given["score"],
            "is_solved": {"yes": True, "no": False}.get(given["solved"]) if is_satisfaction else None,
            "about": about,
            "comment": given["comment"],
        }


def _said(text: str, *, else_: str) -> str:
    """The text without what no keyboard types; nothing left is nothing said."""
    said = normalise(text).strip()
    if not normalise(text, single_line=True):
        raise forms.ValidationError(_t(else_), code="required")
    return said
