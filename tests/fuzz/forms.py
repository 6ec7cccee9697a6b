"""The forms of a page, as a browser finds them, and what somebody may send by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from hypothesis import strategies as st

from tests.fuzz.asking import TOKEN
from tests.fuzz.nasty import plain, texts

TYPED = {"text", "email", "search", "url", "number", "tel", "date", "time", "password", ""}
Filled = dict[str, str]  # what is sent, by the name of its control


@dataclass(frozen=True)
class Field:
    """One control of a form."""

    name: str
    kind: str  # "textarea", "select", or the type of an input
    value: str
    choices: tuple[str, ...] = ()

    @property
    def is_typed(self) -> bool:
        return self.kind in TYPED or self.kind == "textarea"


@dataclass(frozen=True)
class Form:
    """Where a form goes, and its controls."""

    path: str
    method: str
    fields: tuple[Field, ...]
    found_on: str

    def __str__(self) -> str:
        return f"{self.found_on} {self.method} {self.path} {len(self.fields)}"


def forms_of(page: Any, address: str) -> Iterator[Form]:
    """Yield the forms of a parsed page."""
    for element in page.iter("form"):
        action = urljoin(address, element.get("action") or address)
        fields = [field for control in element.iter() if (field := _field(control))]
        method = (element.get("method") or "get").upper()
        yield Form(action.partition("?")[0], method, tuple(fields), address)


def _field(control: Any) -> Field | None:
    name, kind = control.get("name"), control.get("type") or ""
    if not name or "__prefix__" in name:  # what a script copies
        return None
    if control.tag not in {"input", "textarea", "select", "button"}:
        return None
    if control.tag == "select":
        choices = [option.get("value") or "" for option in control.iter("option")]
        chosen = [
            one.get("value") or ""
            for one in control.iter("option")
            if one.get("selected") is not None
        ]
        return Field(name, "select", (chosen or choices or [""])[0], tuple(choices))
    if control.tag == "textarea":
        return Field(name, "textarea", (control.text or "").removeprefix("\n"))
    return Field(name, "button" if control.tag == "button" else kind, control.get("value") or "")


def fillings(form: Form, spoilt: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Filled]:
    """Return a strategy of what is sent: each control as the page has it, or spoilt."""
    names = [field.name for field in form.fields if field.kind != "submit"]
    return (
        st.fixed_dictionaries(
            {
                field.name: _filling(field, spoilt)
                for field in form.fields
                if field.kind not in {"submit", "button"}
            }
        ).flatmap(lambda filled: _with_a_button(form, filled))
        if names
        else st.just({})
    )


def _filling(field: Field, spoilt: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    if field.name == "csrfmiddlewaretoken":
        return st.just(TOKEN)
    own = st.just(field.value)
    if field.choices:
        return st.one_of(own, own, st.sampled_from(field.choices), spoilt)
    if field.kind in {"checkbox", "radio"}:
        return st.sampled_from([field.value or "on", None, "x"])
    if field.kind == "hidden":
        return st.one_of(own, own, own, spoilt)
    return st.one_of(own, plain, spoilt)


def _with_a_button(form: Form, filled: dict[str, str | None]) -> st.SearchStrategy[Filled]:
    pressed = [field for field in form.fields if field.kind in {"submit", "button"}]
    given = {name: value for name, value in filled.items() if value is not None}
    choices = [given, *({**given, field.name: field.value} for field in pressed)]
    return st.sampled_from(choices)
