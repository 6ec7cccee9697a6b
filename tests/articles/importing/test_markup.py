import pytest

from articles.importing import markup
from prose.renderer import render
from tests.processor_time import processor_time

HOSTS, ADDRESSES = {"old.example"}, {"/post-b": "/articles/post-b/"}


def convert(html):
    return markup.convert(
        html,
        lambda href: markup.link_for(href, HOSTS, ADDRESSES),
        lambda address: "a-picture" if "picture" in address else "",
    )


CONVERTED = [
    ("<p>A <strong>b</strong> and <em>c </em>d.</p><p>Two</p>", "A **b** and *c* d.\n\nTwo"),
    ("<h1>One</h1><p>x</p><h2>Two <b>bold</b></h2>", "## One\n\nx\n\n## Two bold"),
    ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n    - c"),
    ("<ul><li>a</li></ul><ol><li>one</li><li>two</li></ol>", "- a\n\n1. one\n2. two"),
    ("<ul>\n <li><p>a</p></li>\n\n <li>b</li></ul>", "- a\n- b"),
    ("First\nsame.\n\nSecond.", "First same.\n\nSecond."),
    ("<blockquote><p>a</p><p>b</p></blockquote>after", "> a\n\n> b\n\nafter"),
    ("<p>a<br>b</p><hr/>", "a\\\nb\n\n---"),
    ("<pre><code>x &lt;b&gt;</code></pre>", "```\nx <b>\n```"),
    ("<table><tr><th>a</th></tr><tr><td>1 | 2</td></tr></table>", "| a |\n| --- |\n| 1 \\| 2 |"),
    ('<!-- wp:paragraph {"a":1} --><p>x</p><!-- /wp:paragraph -->', "x"),
    (
        "<p>1. no list</p><p># no heading</p><p>- no point</p>",
        "1\\. no list\n\n\\# no heading\n\n\\- no point",
    ),
    ("<p>2 * 3 _x_ [y] &lt;b&gt; a&amp;amp;</p>", "2 \\* 3 \\_x\\_ \\[y\\] \\<b\\> a\\&amp;"),
    ("<p>&nbsp;</p><p>x&nbsp;y\u00ad\u200b</p>", "x y"),
    ('<a href="https://old.example/post-b/">b</a>', "[b](/articles/post-b/)"),
    ('<a href="/post-b">b</a>', "[b](/articles/post-b/)"),
    ('<a href="https://x.example/a_(b)">x</a>', "[x](<https://x.example/a_(b)>)"),
    ('<a href="javascript:alert(1)">x</a>', "x"),
    ('<a href="https://old.example/gone/">x</a>', "x"),
    ('<a href="https://me@bank.example/">x</a>', "x"),
    ('<a href="/post-b/"></a>after', "after"),
    ('<img src="https://old.example/picture.jpg" alt="A cat">text', ":::picture a-picture\n\ntext"),
    ('<a href="/post-b/"><img src="picture.jpg"></a> rest', ":::picture a-picture\n\nrest"),
    ("<script>alert(1)</script><style>p{}</style>x<iframe src='y'></iframe>", "x"),
    ("<p onclick='x'>unclosed <b>bold <p>next</i></div>end", "unclosed bold\n\n**next**\n\nend"),
    (
        '[caption id="a" width="3"]<img src="picture.jpg"> Words[/caption]',
        ":::picture a-picture\n\nWords",
    ),
    ('a [gallery ids="1,2"] b [sic] c [vc_row]d[/vc_row]', "a b \\[sic\\] c d"),
    ("", ""),
]


@pytest.mark.parametrize(("html", "markdown"), CONVERTED)
def test_html_becomes_our_markdown(html, markdown):
    assert convert(html).markdown.strip() == markdown


@pytest.mark.parametrize(
    ("html", "remark"),
    [
        ("<iframe src=x></iframe>", "an embedded page"),
        ('[gallery ids="1"]', "[gallery]"),
        ('<a href="ftp://x/">y</a>', "A link was left out"),
        ('<img src="gone.jpg">', "isn’t in the archive: gone.jpg"),
    ],
)
def test_what_is_left_out_is_said(html, remark):
    assert remark in " ".join(convert(html).remarks)


@pytest.mark.parametrize(
    "html",
    [
        "<img src=picture.jpg onerror=alert(1)>",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        '<a href="java\nscript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        "<svg><script>alert(1)</script></svg>",
        "<<b>script>alert(1)</b>",
    ],
)
def test_nothing_that_runs_gets_through(html):
    shown = render(convert(html).markdown).html
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert "onerror" not in shown


def test_a_hostile_text_takes_time_in_proportion():
    def cost(number):
        html = "<ul><li><blockquote><b><a href=x>words" * number
        return processor_time(lambda: convert(html))

    assert cost(800) < 16 * max(cost(200), 0.001)
