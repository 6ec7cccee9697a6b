"""Local security-header score, after the published rules of the MDN HTTP Observatory (algorithm 6).

Own code written from the rule table in the scanner’s documentation; no code of the scanner is used.
score(headers, html) takes a list of (name, value) pairs and the body of a 200 page fetched over https.
Not covered: certificate validity, port-80 redirect (pass redirect_ok), preload list (pass preloaded).
Send an Origin of another site with the request and pass it as sent_origin, so that a reflecting answer is seen.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

GRADES = [
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
    (0, "F"),
]
SAFE_REFERRER = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
BROAD = {
    "*",
    "http:",
    "https:",
    "data:",
    "http://*",
    "https://*",
    "http",
    "https",
    "data",
    "http://",
    "https://",
}


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "script" and a.get("src"):
            self.found.append(a)


def _csp(value: Any) -> Any:
    if not value:
        return -25
    pol = {}
    for part in value.split(";"):
        words = part.split()
        if not words:
            continue
        name, src = words[0].lower(), {w.lower() for w in words[1:]}
        if name in pol:
            return 0 if name in ("report-uri", "report-to") else -25
        pol[name] = src
    default = pol.get("default-src")
    script, style = pol.get("script-src", default), pol.get("style-src", default)
    obj = pol.get("object-src", default)
    if script is None or obj is None:
        return -20
    has_nonce = any(s.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for s in script)
    if "'strict-dynamic'" in script:
        if not has_nonce:
            return -25
        script = {s for s in script if s not in BROAD and s != "'unsafe-inline'"}
    if has_nonce:
        script = script - {"'unsafe-inline'"}
    if script & BROAD or obj & BROAD or "'unsafe-inline'" in script:
        return -20
    active = [
        pol.get(k, default) or set()
        for k in ("connect-src", "font-src", "frame-src", "worker-src", "style-src")
    ]
    if any(s.startswith("http:") for v in [script, obj, *active] for s in v):
        return -20
    if "'unsafe-eval'" in script:
        return -10
    passive = [pol.get(k, default) or set() for k in ("img-src", "media-src")]
    if any(s.startswith("http:") for v in passive for s in v):
        return -10
    if (style or set()) & (BROAD | {"'unsafe-inline'"}):
        return 0
    return 10 if default == {"'none'"} else 5


def _cookies(values: Any, hsts: Any) -> Any:
    if not values:
        return 0
    worst, samesite_all = 5, True
    for v in values:
        bits = [b.strip() for b in v.split(";")]
        name = bits[0].split("=")[0].lower()
        flags = {
            b.split("=")[0].strip().lower(): (
                b.split("=", 1)[1].strip().lower() if "=" in b else ""
            )
            for b in bits[1:]
        }
        session, csrf = any(k in name for k in ("sess", "login")), "csrf" in name
        m = 5
        if "samesite" in flags and flags["samesite"] not in ("lax", "strict", "none"):
            m = min(m, -20)
        if "samesite" not in flags:
            samesite_all = False
            if csrf:
                m = min(m, -20)
        if "secure" not in flags:
            m = min(m, (-10 if hsts else -40) if session else (-5 if hsts else -20))
        if session and "httponly" not in flags:
            m = min(m, -30)
        worst = min(worst, m)
    return 0 if worst == 5 and not samesite_all else worst


def _one(value: Any, good: Any, neutral: Any, bad: Any) -> Any:
    if not value:
        return 0
    v = value.split(";")[0].strip().lower()
    return 10 if v in good else 0 if v in neutral else bad


def score(
    headers: Iterable[tuple[str, str]],
    html: str,
    host: str = "localhost",
    preloaded: Any = False,
    redirect_ok: Any = True,
    sent_origin: Any = None,
) -> Any:
    h: dict[str, Any] = {}
    for k, v in headers:
        h.setdefault(k.lower(), []).append(v)

    def get(n: Any) -> Any:
        return ", ".join(h.get(n, []))

    m = {}
    csp = "; ".join(h.get("content-security-policy", []))
    age = re.search(r"max-age\s*=\s*\"?(\d+)", get("strict-transport-security"), re.I)
    m["strict-transport-security"] = (
        5 if preloaded else -20 if not age else 0 if int(age[1]) >= 15552000 else -10
    )
    m["content-security-policy"] = _csp(csp)
    m["cookies"] = _cookies(h.get("set-cookie", []), bool(age))
    reflected = (
        sent_origin
        and get("access-control-allow-origin") == sent_origin
        and get("access-control-allow-credentials") == "true"
    )
    m["cross-origin-resource-sharing"] = -50 if reflected else 0
    m["redirection"] = 0 if redirect_ok else -20
    ref = [r.strip().lower() for r in get("referrer-policy").split(",") if r.strip()]
    m["referrer-policy"] = 0 if not ref else 5 if ref[-1] in SAFE_REFERRER else -5
    p = _Scripts()
    p.feed(html)
    sri, worst = 0, None
    for a in p.found:
        src, ok = a["src"], bool(a.get("integrity"))
        ext = re.match(r"(https?:)?//", src) and host not in src
        insecure = src.startswith("http://")
        r = (-20 if insecure else 5) if ok else (-50 if insecure else -5 if ext else 0)
        worst = r if worst is None else min(worst, r)
    m["subresource-integrity"] = sri if worst is None else worst
    m["x-content-type-options"] = (
        0 if get("x-content-type-options").strip().lower() == "nosniff" else -5
    )
    m["x-frame-options"] = (
        5
        if "frame-ancestors" in csp.lower()
        or get("x-frame-options").strip().lower() in ("deny", "sameorigin")
        else -20
    )
    m["cross-origin-resource-policy"] = _one(
        get("cross-origin-resource-policy"), {"same-origin", "same-site"}, {"cross-origin"}, -5
    )
    m["cross-origin-embedder-policy"] = _one(
        get("cross-origin-embedder-policy"), {"require-corp", "credentialless"}, {"unsafe-none"}, -5
    )
    m["cross-origin-opener-policy"] = _one(
        get("cross-origin-opener-policy"),
        {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"},
        {"unsafe-none"},
        -5,
    )
    base = 100 + sum(v for v in m.values() if v < 0)
    total = max(0, base + (sum(v for v in m.values() if v > 0) if base >= 90 else 0))
    # grades go down in steps of five
    grade = next(g for lim, g in GRADES if total - total % 5 >= lim)
    return {"score": total, "grade": grade, "modifiers": m}


if __name__ == "__main__":
    # observatory_local.py URL [--assume-https]: scores one page; the flag adds the HSTS header that plain http can't carry
    import sys
    import urllib.request

    request = urllib.request.Request(
        sys.argv[1], headers={"Origin": "https://elsewhere.example", "Accept": "text/html"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        headers, page = list(response.headers.items()), response.read().decode("utf-8", "replace")
    if "--assume-https" in sys.argv and not any(
        k.lower() == "strict-transport-security" for k, _ in headers
    ):
        headers.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
    result = score(headers, page, sent_origin="https://elsewhere.example")
    print(
        result["score"],
        result["grade"],
        {k: v for k, v in result["modifiers"].items() if v < 0} or "no negative modifier",
    )
