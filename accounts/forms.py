"""Forms of signing in and of settings."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import Scope


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "No account has this e-mail address and password. Check both; the password minds capitals.",
        "inactive": "This account is switched off. Ask an admin of your store.",
    }

    def __init__(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget = forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        max_length=50, help_text="Where it is used: the shop's server, an app.", widget=forms.TextInput({"dir": "auto"})
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(Scope.STOREFRONT_READ.value, Scope.STOREFRONT_READ.label)],  # events cannot be sent yet
        initial=[Scope.STOREFRONT_READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing the key may do."},
    )

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())
