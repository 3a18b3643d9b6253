"""The one form of a mailbox: its address, how its mail comes in and goes out, and what is believed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from helpdesk.common.text import normalise
from helpdesk.people.models import Team
from tickets.mail import configuring
from tickets.models import Mailbox, MailSource

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

LISTENER, IMAP = "listener", "imap"
FROM_THE_LIST = {"invalid_choice": _("Choose from the list."), "required": _("Choose from the list.")}

# Why a secret that is stored has to be entered again, and which one: what is changed says the rest.
AGAIN = {
    "password": {
        "host": _("Enter the password again, because it would go to another server."),
        "username": _("Enter the password again, because the user name is another one."),
        "way": _("Enter the password again, because it would be sent in another way."),
    },
    "refresh_token": {
        "host": _("Enter the refresh token again, because it would go to another server."),
        "username": _("Enter the refresh token again, because the user name is another one."),
        "way": _("Enter the refresh token again, because it would be sent in another way."),
    },
}


def _line(label: str | LazyText, *, required: str | LazyText = "", **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=more.pop("max_length", 255),
        required=bool(required),
        error_messages={"required": required},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        **more,
    )


def _secret(label: str | LazyText, *, required: str | LazyText, **more: Any) -> forms.CharField:
    """A secret is typed in and never shown again, not even after an error elsewhere in the form."""
    return forms.CharField(
        label=label,
        max_length=10_000,
        strip=False,
        error_messages={"required": required},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        **more,
    )


def _radios(label: str | LazyText, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect(attrs={"class": "radio"}),
        error_messages=FROM_THE_LIST,
        **more,
    )


class MailboxForm(forms.ModelForm):
    """Cleans what was typed. What is asked for depends on how mail comes in; of the rest nothing is complained."""

    use_required_attribute = False

    way_in = _radios(
        _("How it reaches us"),
        [
            (LISTENER, _("It is sent to Puente: to its own mail server, by a pipe or by a mail service")),
            (IMAP, _("Puente fetches it from a mail server (IMAP)")),
        ],
    )
    host = _line(_("Server"), required=_("Enter the server’s name"), help_text=_("Such as imap.example.com."))
    port = forms.IntegerField(
        label=_("Port"),
        min_value=1,
        max_value=65535,
        initial=993,
        error_messages={
            "required": _("Enter the port"),
            "invalid": _("A port is a number, mostly 993 or 143."),
            "min_value": _("A port is a number from 1 to 65535."),
            "max_value": _("A port is a number from 1 to 65535."),
        },
    )
    security = forms.ChoiceField(
        label=_("Encryption"),
        choices=[
            (MailSource.Security.TLS, _("TLS from the start (port 993)")),
            (MailSource.Security.STARTTLS, _("STARTTLS (port 143)")),
            (MailSource.Security.NONE, _("None: password and mail can be read on the way")),
        ],
        error_messages=FROM_THE_LIST,
    )
    username = _line(_("User name"), required=_("Enter the user name"), max_length=320)
    sign_in = _radios(_("How we sign in"), MailSource.SignIn.choices, initial=MailSource.SignIn.PASSWORD)
    password = _secret(_("Password"), required=_("Enter the password"))
    client_id = _line(
        _("Client ID"),
        required=_("Enter the client ID"),
        help_text=_("From the app that your company registered at Google or Microsoft."),
    )
    client_secret = _secret(_("Client secret"), required="")
    refresh_token = _secret(_("Refresh token"), required=_("Enter the refresh token"))
    tenant = _line(
        _("Tenant"), max_length=100, help_text=_("Microsoft’s name for your organisation, such as example.com.")
    )
    which_mail = _radios(
        _("Which mail?"), MailSource.WhichMail.choices, initial=MailSource.WhichMail.ALL,
        help_text=_(
            "What lies there now becomes tickets too, and nobody gets an acknowledgement for it; or it stays there, "
            "and the ledger counts it as mail that was there before."
        ),
    )  # fmt: skip
    after_reading = _radios(
        _("After a mail was fetched"), MailSource.AfterReading.choices, initial=MailSource.AfterReading.LEAVE
    )
    move_to = _line(_("Folder it is moved to"), required=_("Enter the folder that mail is moved to"))
    sent_folder = _line(
        _("Folder of sent mail"),
        help_text=_("Read so that an answer from somebody’s own mail program counts. Empty: it is not read."),
    )
    uses_idle = forms.BooleanField(
        label=_("The server tells us at once when mail arrives (IDLE)"), required=False, initial=True
    )
    trusted_servers = forms.CharField(
        label=_("Servers whose checks of senders we believe"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_(
            "The names with which your own mail server begins its Authentication-Results lines, one a line. "
            "Empty: nobody’s word is believed."
        ),
    )

    class Meta:
        model = Mailbox
        fields = [
            "address", "name", "language", "team", "signature", "quotes_history", "is_active", "allows_plain_smtp",
            "holds_strangers",
        ]  # fmt: skip
        labels = {
            "address": _("Address"),
            "name": _("Sender’s name"),
            "signature": _("Signature"),
            "quotes_history": _("Repeat the customer’s latest message below each reply"),
            "is_active": _("In use: mail is read and sent as this address"),
            "allows_plain_smtp": _("Send even without encryption, when the mail server offers none"),
            "holds_strangers": _("Hold mail of strangers who write into a customer’s ticket, until one of us says yes"),
        }
        help_texts = {
            "address": _("The address that customers write to."),
            "name": _("Stands after the agent’s name in replies: “Daniel, Alborada”."),
            "signature": _("Stands below every reply from this address."),
        }
        error_messages = {
            "address": {
                "required": _("Enter the address"),
                "invalid": _("Enter an address like support@example.com"),
                "unique": _("Another mailbox has this address."),
            },
            "name": {"required": _("Enter the sender’s name")},
        }

    SECTION_ADDRESS = ("address", "name", "language", "team", "signature", "quotes_history", "is_active")
    SOURCE = (
        "host", "port", "security", "username", "sign_in", "password", "client_id", "client_secret", "refresh_token",
        "tenant", "which_mail", "after_reading", "move_to", "sent_folder", "uses_idle",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        mailbox: Mailbox | None = kwargs.get("instance")
        known = getattr(mailbox, "source", None) if mailbox and mailbox.pk else None
        self.known: MailSource | None = known
        kwargs["initial"] = {**self._initial(mailbox, known), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.fields["team"] = forms.ModelChoiceField(
            Team.objects.order_by("name"), required=False, empty_label=_("No team"), label=_("Team"),
            help_text=_("In whose queue its mail stands."), error_messages=FROM_THE_LIST,
        )  # fmt: skip
        self.fields["signature"].widget.attrs["rows"] = 3
        for name in configuring.SECRETS:
            if known and getattr(known, name):
                self.fields[name].help_text = _("Stored. Leave it empty to keep it.")
        self._ask_for_what_is_needed()

    def _initial(self, mailbox: Mailbox | None, known: MailSource | None) -> dict[str, Any]:
        found: dict[str, Any] = {"way_in": IMAP if known else LISTENER}
        if known:
            found |= {name: getattr(known, name) for name in self.SOURCE if name not in configuring.SECRETS}
        if mailbox:
            found["trusted_servers"] = "\n".join(mailbox.trusted_servers)
        return found

    def _typed(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), "")) if self.is_bound else str(self.initial.get(name, ""))

    def _ask_for_what_is_needed(self) -> None:
        """What is not asked for is optional; the page hides it. A form that is not filled in yet hides it, too."""
        fields, is_password = self.fields, self._typed("sign_in") not in ("google", "microsoft")
        has_new_place = self.is_bound and self.known and configuring.needs_secrets_again(self.known, self._place())
        fields["client_secret"].required = False
        for name, is_needed in (("password", is_password), ("refresh_token", not is_password)):
            is_kept = self.known is not None and getattr(self.known, name) and not has_new_place
            fields[name].required = (is_needed or not self.is_bound) and not is_kept
        if has_new_place:
            why = self._why_again()
            fields["password"].error_messages["required"] = AGAIN["password"][why]
            fields["refresh_token"].error_messages["required"] = AGAIN["refresh_token"][why]
        if not self.is_bound:
            return
        fields["client_id"].required = not is_password
        fields["move_to"].required = self._typed("after_reading") == MailSource.AfterReading.MOVE
        if self._typed("way_in") != IMAP:
            for name in self.SOURCE:
                fields[name].required = False

    def _why_again(self) -> str:
        """What is another one than before, of what a stored secret is good for."""
        place = self._place()
        return next((name for name in ("host", "username") if getattr(self.known, name) != place[name]), "way")

    def _place(self) -> dict[str, Any]:
        port = self._typed("port").strip()
        return {
            "host": self._typed("host").strip(),
            "port": int(port) if port.isascii() and port.isdigit() else None,
            "security": self._typed("security"),
            "username": self._typed("username").strip(),
            "sign_in": self._typed("sign_in"),
        }

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().lower()
        if "+" in address.partition("@")[0]:
            raise forms.ValidationError(_t("Enter the address without a plus part"))
        return address

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"], single_line=True)

    def clean_signature(self) -> str:
        return normalise(self.cleaned_data["signature"]).strip()

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip()
        if any(mark in host for mark in "/:@ "):
            raise forms.ValidationError(_t("Enter the name alone, such as imap.example.com"))
        return host

    def clean_trusted_servers(self) -> list[str]:
        names = self.cleaned_data["trusted_servers"].replace(",", " ").lower().split()
        return list(dict.fromkeys(names))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("way_in") != IMAP:
            for name in self.SOURCE:  # whatever stands in what was hidden
                self.errors.pop(name, None)
        return values

    def account(self) -> dict[str, Any] | None:
        """What the account should be, as `configuring.save` takes it; None where mail comes to us by itself."""
        if self.cleaned_data["way_in"] != IMAP:
            return None
        return {name: self.cleaned_data[name] for name in self.SOURCE}

    def save(self, commit: bool = True) -> Mailbox:
        mailbox: Mailbox = super().save(commit=False)
        mailbox.trusted_servers = self.cleaned_data["trusted_servers"]
        return configuring.save(mailbox, account=self.account()) if commit else mailbox

    # --- The sections of the page ------------------------------------------------------------------------------------

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def about_fields(self) -> list[forms.BoundField]:
        return self._bound(*self.SECTION_ADDRESS)

    def server_fields(self) -> list[forms.BoundField]:
        return self._bound("host", "port", "security", "username", "sign_in")

    def permission_fields(self) -> list[forms.BoundField]:
        return self._bound("client_id", "client_secret", "refresh_token")

    def trust_fields(self) -> list[forms.BoundField]:
        return self._bound("holds_strangers", "trusted_servers")
