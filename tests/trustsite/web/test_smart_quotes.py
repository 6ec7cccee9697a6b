import pytest

from trustsite.web.smart_quotes import typographic


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
    assert typographic(straight) == curly
    assert typographic(curly) == curly
