"""The public forms. What the one for the guide says is what a person agrees to.

consent.WORDING names the version of its words.
"""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms

from newsletter.addresses import AddressError, normalise
from newsletter.consent import AGREED, WORDING
from newsletter.subscribing import near_addresses, source_pages
from trustsite.web.form_guard import is_good

BAD_ADDRESS = "Please check the address. It should look like name@example.org."
HINT = "Did you mean {meant}? If {asked} is right, send it once more as it is."
STALE = (
    "This page had been open for a while, so we made it new. "
    "Your address is still there: please send it once more."
)


class AddressInput(forms.EmailInput):
    """An address as it was typed, without what no page may hold."""

    def format_value(self, value: Any) -> str | None:
        return "".join(filter(str.isprintable, value)) if value else None


class AddressForm(forms.Form):
    """One address, normalised."""

    is_postponed = False  # nothing is wrong with it; it can't be taken just now

    address = forms.CharField(
        label="E-mail address",
        max_length=254,
        strip=False,
        widget=AddressInput(
            attrs={"autocomplete": "email", "placeholder": "you@example.org", "spellcheck": "false"}
        ),
        error_messages={"required": "Please type your e-mail address.", "max_length": BAD_ADDRESS},
    )

    def clean_address(self) -> str:
        """Return the normalised address; exactly one."""
        if len(self.data.getlist("address")) > 1:  # type: ignore[attr-defined]
            raise forms.ValidationError(BAD_ADDRESS)
        try:
            return normalise(self.cleaned_data["address"])
        except AddressError:
            raise forms.ValidationError(BAD_ADDRESS) from None

    def postpone(self, words: str) -> None:
        """Say that it is to be sent again later; all that was typed stays."""
        self.is_postponed = True
        self.add_error(None, words)


class PublicForm(AddressForm):
    """An address on a page for everybody, with a trap for machines and the stamp of the page."""

    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)
    shown: tuple[str, ...] = ("address",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "guide-%s", **kwargs})
        self.helper = FormHelper()
        # The template writes the form element, the fresh stamp and the button.
        self.helper.form_tag = False
        self.helper.layout = Layout(*self.shown, Field("website", template="wmtr/trap.html"))

    def is_from_a_machine(self) -> bool:
        """Whether the field that people never see was filled in."""
        return bool(self.data.get("website"))

    def clean(self) -> dict[str, Any]:
        """Ask for another go when the page was too old, or not ours."""
        if not is_good(self.cleaned_data.get("stamp", "")):
            raise forms.ValidationError(STALE)
        return self.cleaned_data


class SignUpForm(PublicForm):
    """Asks for the guide, and by one box that is never ticked for anybody for the letters."""

    letters = forms.BooleanField(label=AGREED[WORDING][1], required=False)
    # The address that the hint was shown for: sent once more as it is, it is taken.
    sure = forms.CharField(required=False, widget=forms.HiddenInput)
    src = forms.CharField(required=False, widget=forms.HiddenInput)
    shown = ("address", "letters")

    asked = meant = ""  # an address that looks like a slip, and the one that was probably meant

    def clean_address(self) -> str:
        """Return the address that was typed, or the one that the hint named and a button chose."""
        if self.data.get("instead"):
            self.cleaned_data["address"] = str(self.data["instead"])
        return super().clean_address()

    def clean(self) -> dict[str, Any]:
        """Ask once about an address whose domain looks like a slip."""
        data = super().clean()
        address = data.get("address", "")
        if address and data.get("sure") != address:
            self.meant = near_addresses.meant(address)
            if self.meant:
                self.asked = address
                self.add_error("address", HINT.format(meant=self.meant, asked=address))
        return data

    def clean_src(self) -> str:
        """Return the page that led here, if it is one of ours. It is counted, and kept with nobody."""
        return source_pages.known(self.cleaned_data["src"])


class YourDataForm(PublicForm):
    """Asks for the link to what we hold."""


class MoveForm(AddressForm):
    """Names a new address, on a page that only its person can open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new-%s", **kwargs})
        self.fields["address"].label = "New e-mail address"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout("address")
