"""Every form of every page, as a browser finds it: whatever is sent by one is answered, and what was typed is kept."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fuzz.addresses import every_address
from tests.fuzz.asking import DJANGOS_OWN, check
from tests.fuzz.conftest import examples, rolled_back
from tests.fuzz.forms import fillings, forms_of
from tests.fuzz.nasty import URLENCODED, encoded, multipart
from tests.fuzz.world import values_of

pytestmark = pytest.mark.django_db
# What leaves a login or a page's own copy: the forms after it would be of another page.
LEAVES = ("/admin/logout/", "/admin/account/sessions/revoke/")
BACK = b"ack in your browser"


class Pages:
    """The pages of some addresses, and the forms on them, each opened once."""

    def __init__(self, visitor, values, is_admin):
        self.visitor, self.values, self.opened = visitor, values, {}
        self.addresses = [each for each in every_address() if each.is_admin == is_admin]

    def paths(self):
        """Return every address with the first of its values that opens."""
        for address in self.addresses:
            places = values_of(address, self.values)
            for number in range(max(map(len, places.values()), default=1)):
                chosen = {name: each[min(number, len(each) - 1)] for name, each in places.items()}
                yield address.filled(chosen)

    def forms(self, path):
        if path not in self.opened:
            with rolled_back():
                answer = self.visitor.ask(path)
            check(answer, self.visitor, path)
            is_page = answer.status == 200 and answer.kind == "text/html"
            found = list(forms_of(answer.page(), path)) if is_page else []
            self.opened[path] = [form for form in found if form.path not in LEAVES]
        return self.opened[path]


def send(visitor, form, fields, has_files):
    pairs = list(fields.items())
    if form.method == "GET":
        return visitor.ask(form.path, query=encoded(pairs))
    kind, body = URLENCODED, encoded(pairs).encode()
    if has_files:
        kind, body = "multipart/form-data; boundary=x", multipart(pairs)
    return visitor.ask(form.path, "POST", body=body, headers=[("content-type", kind)])


def readable(text):
    """Return what a person sees of a text."""
    return "".join(one for one in text if one.isprintable() and not one.isspace())


def lost(form, fields, answer):
    """Return the names of the fields whose text isn't there any more, on a page that asks for them anew."""
    if answer.kind != "text/html" or BACK in answer.body or DJANGOS_OWN in form.path:
        return []
    again = {
        field.name: field.value for each in forms_of(answer.page(), "/") for field in each.fields
    }
    typed = [field.name for field in form.fields if field.is_typed and field.kind != "password"]
    kept = [name for name in typed if name in fields and name in again]
    if answer.status in {400, 409, 422} and typed and not kept:
        return typed
    return [
        name
        for name in kept
        if readable(fields[name].encode("utf-8", "replace").decode()) != readable(again[name])
    ]


def is_refused(answer):
    return answer.status in {400, 409, 422} or b"errornote" in answer.body


def try_forms(visitor, values, *, is_admin, number):
    pages = Pages(visitor, values, is_admin)
    paths = sorted(set(pages.paths()))

    @examples(number)
    @given(st.sampled_from(paths), st.data())
    def tried(path, data):
        forms = pages.forms(path)
        assume(forms)
        form = data.draw(st.sampled_from(forms))
        fields = data.draw(fillings(form))
        with rolled_back():
            answer = send(visitor, form, fields, has_files=data.draw(st.booleans()))
        check(answer, visitor, f"{form.found_on} {form.path}")
        if form.method == "POST" and is_refused(answer):
            assert lost(form, fields, answer) == []

    tried()


def test_readers_forms(stranger, values):
    try_forms(stranger, values, is_admin=False, number=60)


def test_the_forms_of_the_admin(owner, values):
    try_forms(owner, values, is_admin=True, number=50)
