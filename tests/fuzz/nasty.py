"""What strangers and rows may hold: texts, field values, headers and bodies of the worst sort."""

import json
from collections.abc import Iterable
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.asking import MARKER

TEXTS = [
    "",
    " ",
    MARKER,
    f'"{MARKER}',
    f"'{MARKER}",
    f"]]>{MARKER}",
    f"--></script></style></textarea></title>{MARKER}",
    "\u2028\u2029\x85",
    "\x00",
    "a\x00b",
    "\x01\x08\x0b\x0c\x1b\x7f",
    "\ufffe\uffff\ufeff",
    "\u202eabc\u202c\u200b\u2066",
    "\ud800",
    "\udfff\ud800a",
    "e\u0301" * 40,
    "\U0001f469\u200d\U0001f52c",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-1",
    "0",
    "99999999999999999999",
    "9" * 5000,
    "1e400",
    "NaN",
    "٣",
    "²",
    "2026-13-45",
    "9999-12-31",
    "0001-01-01",
    "25:61:61",
    "javascript:alert(1)",
    "//evil.example/",
    "/\\evil.example",
    "http://[x",
    "https://evil.example@bank.example/",
    "mailto:a@b",
    "../../etc/passwd",
    "%00%0d%0a",
    "a\r\nSet-Cookie: x=1",
    "a@b\n.example",
    "a" * 300,
    "\n" * 50,
    "[^a](b)[c]: d",
    ":::offer x\n:::",
    "{% raise %}{{ x }}",
    "None",
    "[]",
    "{}",
    "null",
    "a,b;c|d",
    "__all__",
    "pk__in",
]
# Half of the time a known offender, for random text seldom is one.
texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
plain = st.text(alphabet="abcdefghij <>&\"'=é\U0001f642", min_size=1, max_size=30)
methods = st.sampled_from(
    ["GET"] * 4 + ["POST"] * 4 + ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "F!#$"]
)
HEADER_NAMES = (
    *("accept", "accept-encoding", "accept-language", "authorization", "content-type", "cookie"),
    *("expect", "forwarded", "from", "host", "if-match", "if-modified-since", "if-none-match"),
    *("if-range", "if-unmodified-since", "origin", "range", "referer", "sec-fetch-site"),
    *("sec-fetch-mode", "te", "upgrade", "user-agent", "via", "x-csrftoken", "x-forwarded-for"),
    *("x-forwarded-host", "x-forwarded-proto", "x-http-method-override", "x-requested-with"),
)
CODECS: tuple[str, ...] = (
    "utf-8",
    "latin-1",
    "utf-7",
    "utf-16",
    "hex",
    "zlib",
    "idna",
    "punycode",
    "undefined",
    "x",
)
CODECS += ("unicode-escape", "raw_unicode_escape", "rot13", "base64", "mbcs", "utf_8_sig")
types = st.builds(
    "{}; charset={}".format,
    st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=",
            "multipart/form-data",
            "application/json",
            "text/html",
        ]
    ),
    st.sampled_from(CODECS),
)


def header_value(text: str) -> str:
    """Return `text` as the web server hands a header over: visible Latin-1."""
    return "".join(
        one for one in text if one == "\t" or "\x20" <= one < "\x7f" or "\xa0" <= one <= "\xff"
    )


HEADER_TEXTS = [
    *(
        "http://[x",
        "https://evil.example",
        "null",
        "same-origin",
        "cross-site",
        "none",
        "bytes=0-,-1",
    ),
    *(
        '"a", W/"b"',
        "*",
        "br;q=0, *;q=0",
        "gzip;q=x",
        "a=b; c",
        "csrf=; session=\x00",
        "text/html;q=;;",
    ),
    *(
        "for=_x;by=[",
        "1.2.3.4, [::1]:80",
        "Thu, 99 Foo 2026 25:61:61 GMT",
        "Bearer ",
        "Basic !!",
        "Basic " + "A" * 99,
    ),
    *("a:b", "[::1", "localhost:99999", "x" * 600, ",,,,", ";;;;", "q=1" * 100),
]
header = st.one_of(
    st.tuples(st.just("content-type"), types),
    st.tuples(
        st.sampled_from(HEADER_NAMES),
        st.one_of(st.sampled_from(HEADER_TEXTS), texts).map(header_value),
    ),
)
headers = st.lists(header, max_size=3, unique_by=lambda pair: pair[0])


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Return fields as a browser sends them, and what none would send as the bytes it is."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def multipart(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return fields as a form with files sends them."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
        for name, value in pairs
    ]
    return b"".join([*parts, b"--x--\r\n"])


URLENCODED = "application/x-www-form-urlencoded"


def bodies(pairs: st.SearchStrategy[list[tuple[str, str]]]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return a strategy of (content type, body) that carry these fields, or anything else."""
    return st.one_of(
        pairs.map(lambda each: (URLENCODED, encoded(each).encode())),
        pairs.map(lambda each: ("multipart/form-data; boundary=x", multipart(each))),
        pairs.map(lambda each: ("application/json", json.dumps(dict(each)).encode())),
        st.tuples(types, st.binary(max_size=200)),
        st.tuples(
            st.just("application/json"),
            st.sampled_from([b"[" * 5000, b'{"a":' * 3000, b"1e999", b'"\\ud800"']),
        ),
    )
