"""The form that asks for the guide. Its words are what a person agrees to: signup.WORDING names their version."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms

from newsletter.signup import AddressError, normalise
from trustsite.origin import is_good

BAD_ADDRESS = "Please check the address. It should look like name@example.org."
STALE = "This page had been open for a while, so we made it new. Your address is still there: please send it once more."


class AddressInput(forms.EmailInput):
    """An address as it was typed, without what no page may hold."""

    def format_value(self, value: Any) -> str | None:
        return "".join(filter(str.isprintable, value)) if value else None


class SignUpForm(forms.Form):
    """An address, one box that is never ticked for anybody, a trap for machines and the stamp of the page."""

    address = forms.CharField(
        label="E-mail address",
        max_length=254,
        strip=False,
        widget=AddressInput(attrs={"autocomplete": "email", "placeholder": "you@example.org", "spellcheck": "false"}),
        error_messages={"required": "Please type your e-mail address.", "max_length": BAD_ADDRESS},
    )
    letters = forms.BooleanField(
        label="Also send me the letters (four short notes over two weeks, then at most one a month)", required=False
    )
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "guide-%s", **kwargs})
        self.helper = FormHelper()
        self.helper.form_tag = False  # the component writes the form element, the fresh stamp and the button
        self.helper.layout = Layout("address", "letters", Field("website", template="wmtr/trap.html"))

    def is_from_a_machine(self) -> bool:
        """Whether the field that people never see was filled in."""
        return bool(self.data.get("website"))

    def clean_address(self) -> str:
        """Return the normalised address; exactly one."""
        if len(self.data.getlist("address")) > 1:  # type: ignore[attr-defined]
            raise forms.ValidationError(BAD_ADDRESS)
        try:
            return normalise(self.cleaned_data["address"])
        except AddressError:
            raise forms.ValidationError(BAD_ADDRESS) from None

    def clean(self) -> dict[str, Any]:
        """Ask for another go when the page was too old, or not ours."""
        if not is_good(self.cleaned_data.get("stamp", "")):
            raise forms.ValidationError(STALE)
        return self.cleaned_data
