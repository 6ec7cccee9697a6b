"""Near addresses: what an address may have been meant to be, when its domain looks like a slip.

A hint and no refusal: whoever says that it's right is believed.
"""

import re

from prose.spelling import distance

# Domains that many people have an address at; one slip away from one of them is worth a question.
# Those that are one slip from another are all here, so that nobody is asked about their own.
KNOWN = tuple(
    """aol.com bigpond.com btinternet.com comcast.net duck.com email.com fastmail.com gmail.com gmx.com gmx.net
    googlemail.com hotmail.co.uk hotmail.com hotmail.fr hotmail.it icloud.com live.co.uk live.com live.ie mac.com mail.com
    me.com msn.com ntlworld.com outlook.com outlook.ie pm.me proton.me protonmail.com rocketmail.com sky.com talktalk.net
    virginmedia.com xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.nz yahoo.co.uk yahoo.com yahoo.com.au yahoo.ie
    ymail.com zoho.com""".split()
)
SHORTEST = 8  # letters of a domain that is asked about: shorter ones are near too many others
# Endings that no domain has, and what was meant.
ENDINGS = (
    (re.compile(r"\.(con|cmo|ocm|vom|xom|cpm|comm|coom|conm)$"), ".com"),
    (re.compile(r"\.(co\.?u|co\.ku|couk|co\.uj|co\.ukk|c\.uk)$"), ".co.uk"),
    (re.compile(r"\.(nte|ent|nett)$"), ".net"),
    (re.compile(r"\.(ogr|rog|orgg)$"), ".org"),
)


def meant(address: str) -> str:
    """Return the address that was probably meant; empty when nothing speaks for another."""
    name, _, domain = address.rpartition("@")
    likely = _likely(domain)
    return f"{name}@{likely}" if name and likely != domain else ""


def _likely(domain: str) -> str:
    for wrong, right in ENDINGS:
        mended = wrong.sub(right, domain)
        if mended != domain:
            return _near(mended) or mended
    return _near(domain) or domain


def _near(domain: str) -> str:
    if domain in KNOWN:
        return ""
    near = [known for known in KNOWN if len(known) >= SHORTEST and distance(domain, known, 1)]
    return near[0] if near else ""
