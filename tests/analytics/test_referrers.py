"""Referrers: the list is the whole of what can be kept."""

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import referrers


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_whatever_a_browser_sends_a_name_of_the_list_comes_out(text):
    for referrer in (text, f"https://{text}", f"https://www.google.com/{text}"):
        assert referrers.name_of(referrer) in referrers.names()


def test_every_kind_is_one_of_three():
    kinds = {name.partition(":")[0] for name in referrers.names() - {referrers.OTHER}}
    assert kinds == {"search", "social", "mail"}
