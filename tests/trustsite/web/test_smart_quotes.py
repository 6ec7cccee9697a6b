import pytest

from trustsite.web.smart_quotes import smart_quotes


@pytest.mark.parametrize(
    ("straight", "curly"),
    [
        ("It's", "It’s"),
        ("I said 'no' to her", "I said ‘no’ to her"),
        ('Someone says, "We need to talk."', "Someone says, “We need to talk.”"),
        ('"I\'ll be safe"', "“I’ll be safe”"),
        ('("quoted")', "(“quoted”)"),
        ("wait...", "wait…"),
    ],
)
def test_straight_quotes_become_typographic(straight, curly):
    assert smart_quotes(straight) == curly
    assert smart_quotes(curly) == curly
