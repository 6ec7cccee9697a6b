"""What the DNS must say for our mails to be taken, asked of a real name server on a port of its own."""

import socketserver
import threading
import time

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from django.core.cache import cache

from newsletter.issues import dns_lookup, sender_domain
from newsletter.issues.sender_domain import Verdict

GOOD, HINT, FAULT, UNKNOWN = Verdict
ALL_GOOD = {
    ("mail.example", "TXT"): ["google-site-verification=x", "v=spf1 mx ip4:192.0.2.1 -all"],
    ("mail.example", "MX"): ["10 mx.mail.example."],
    ("s1._domainkey.mail.example", "TXT"): ["v=DKIM1; k=rsa; p=MIIB"],
    ("s2._domainkey.mail.example", "TXT"): ["v=DKIM1; k=rsa; p=MIIC"],
    ("_dmarc.mail.example", "TXT"): ["v=DMARC1; p=none"],
    ("mail.example", "A"): ["192.0.2.1"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.example."],
}
AWAY, BROKEN = "does not answer", "server failure"


class NameServer(socketserver.BaseRequestHandler):
    """Answers from `records`: a list, AWAY or BROKEN for each name and type."""

    records = {}

    def handle(self):
        data, socket = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = str(question.name).rstrip(".").lower(), question.rdtype.name
        found = self.records.get((name, kind), [])
        if found == AWAY:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if found == BROKEN:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            quoted = found
            if kind == "TXT":  # as name servers cut a long text into several
                quoted = [f'"{text[:9]}" "{text[9:]}"' for text in found]
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *quoted))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture(scope="module")
def server():
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), NameServer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def look(server, settings, monkeypatch):
    """Return what is found, by name, where the DNS differs from ALL_GOOD."""
    settings.FROM_EMAIL, settings.SITE_URL = "Notes@mail.example", "https://mail.example"
    settings.DKIM_SELECTORS, settings.RETURN_PATH_DOMAIN = ["s1", "s2"], ""

    def resolver():
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], server.server_address[1]
        return made

    monkeypatch.setattr(dns_lookup, "resolver", resolver)
    monkeypatch.setattr(dns_lookup, "TIMEOUT", 0.3)

    def look(**differences):
        cache.clear()
        changed = {}
        for name, value in differences.items():
            host, _, kind = name.rpartition("_")
            changed[(host.replace("DOT", ".").replace("MAIL", "mail.example"), kind)] = value
        monkeypatch.setattr(NameServer, "records", ALL_GOOD | changed)
        found = {}
        for fact in sender_domain.examine():
            found.setdefault(fact.name, []).append(fact.verdict)
        return found

    return look


ALL = {"SPF": [GOOD], "DKIM": [GOOD], "DMARC": [GOOD], "MX": [GOOD], "PTR": [GOOD]}


def test_where_all_is_published_all_is_good(look):
    assert look() == ALL


SPF = [
    ([], HINT),  # DKIM vouches
    (["v=spf1 -all"], FAULT),
    (["v=spf1 ~all"], FAULT),
    (["v=spf1"], FAULT),
    (["v=spf1 mx -all", "v=spf1 include:x.example ~all"], FAULT),
    (["v=spf10 mx -all"], HINT),
    (["v=spf1 -mx ?a ~all"], FAULT),
    (["V=SPF1 include:spf.far.example ~all"], GOOD),
    (["v=spf1 redirect=spf.far.example"], GOOD),
    (["v=spf1 a:out.mail.example/28 ?all"], GOOD),
    (["v=spf1 +all"], HINT),
    (AWAY, UNKNOWN),
    (BROKEN, UNKNOWN),
]


@pytest.mark.parametrize(("records", "verdict"), SPF, ids=range(len(SPF)))
def test_spf_lets_one_and_only_one_record_name_who_sends(look, records, verdict):
    assert look(MAIL_TXT=records) == ALL | {"SPF": [verdict]}


def test_without_spf_and_without_dkim_nothing_vouches(look):
    withdrawn = {f"{name}DOT_domainkeyDOTMAIL_TXT": ["v=DKIM1; p="] for name in ("s1", "s2")}
    found = look(MAIL_TXT=[], **withdrawn)
    assert (found["SPF"], found["DKIM"]) == ([FAULT], [FAULT])


DKIM = [
    ([], HINT),
    (["v=DKIM1; p="], HINT),
    (["v=DKIM1; k=rsa"], HINT),
    (["k=ed25519;P = AB CD"], GOOD),
    (["note", "p=MIIB"], GOOD),
    (AWAY, UNKNOWN),
]


@pytest.mark.parametrize(("records", "verdict"), DKIM, ids=range(len(DKIM)))
def test_each_of_several_keys_is_looked_up(look, records, verdict):
    assert look(s2DOT_domainkeyDOTMAIL_TXT=records) == ALL | {"DKIM": [verdict]}


DMARC = [
    ([], FAULT),
    (["v=DMARC1; p=reject; rua=mailto:a@b.example"], GOOD),
    (["v=DMARC1; rua=mailto:a@b.example"], FAULT),
    (["v=DMARC1; p=perhaps"], FAULT),
    (["v=DMARC1; p=none", "v=DMARC1; p=reject"], FAULT),
    (["something else", "v=DMARC1;p=none"], GOOD),
    (AWAY, UNKNOWN),
]


@pytest.mark.parametrize(("records", "verdict"), DMARC, ids=range(len(DMARC)))
def test_dmarc_is_one_record_with_a_policy(look, records, verdict):
    assert look(_dmarcDOTMAIL_TXT=records) == ALL | {"DMARC": [verdict]}


def test_dmarc_may_stand_at_a_level_above(look, settings):
    settings.FROM_EMAIL = "notes@news.mail.example"
    settings.RETURN_PATH_DOMAIN = "mail.example"
    keys = {f"{name}DOT_domainkeyDOTnewsDOTMAIL_TXT": ["p=MIIB"] for name in ("s1", "s2")}
    found = look(newsDOTMAIL_MX=["10 mx.mail.example."], **keys)
    assert found == ALL | {"MX": [GOOD, GOOD]}


def test_spf_only_at_the_return_paths_own_domain_is_good(look, settings):
    settings.RETURN_PATH_DOMAIN = "pm.mail.example"
    found = look(MAIL_TXT=[], pmDOTMAIL_TXT=["v=spf1 a -all"], pmDOTMAIL_MX=["10 mx.mail.example."])
    assert found == ALL | {"MX": [GOOD, GOOD]}


def test_it_is_the_domain_of_the_mailbox_for_returned_mail_where_there_is_one(look, settings):
    settings.BOUNCE_ADDRESS = "bounces@back.mail.example"
    found = look(backDOTMAIL_TXT=["v=spf1 a -all"])
    assert found == ALL | {"MX": [GOOD, FAULT]}  # nobody takes mail there


UNALIGNED = [
    # where SPF vouches, what DMARC asks, the selectors, the verdict on DMARC
    ("far.example", "v=DMARC1; p=none", ["s1"], [GOOD]),
    ("far.example", "v=DMARC1; p=none", ["gone"], [GOOD, FAULT]),
    ("far.example", "v=DMARC1; p=none", [], [GOOD, HINT]),
    ("pm.mail.example", "v=DMARC1; p=none", ["gone"], [GOOD]),
    ("pm.mail.example", "v=DMARC1; p=none; aspf=s", ["gone"], [GOOD, FAULT]),
    ("mail.example", "v=DMARC1; p=none; aspf=s", ["gone"], [GOOD]),
]


@pytest.mark.parametrize(("envelope", "wish", "selectors", "verdicts"), UNALIGNED)
def test_one_way_must_vouch_for_the_senders_own_domain(
    look, settings, envelope, wish, selectors, verdicts
):
    settings.RETURN_PATH_DOMAIN, settings.DKIM_SELECTORS = envelope, selectors
    spf = {f"{envelope.replace('.', 'DOT')}_TXT": ["v=spf1 a -all"]}
    assert look(_dmarcDOTMAIL_TXT=[wish], **spf)["DMARC"] == verdicts


MX = [
    ([], GOOD),  # the host's own address takes mail (RFC 5321, 5.1)
    (["0 ."], FAULT),
    (["10 mx.far.example."], GOOD),
    (AWAY, UNKNOWN),
]


@pytest.mark.parametrize(("records", "verdict"), MX, ids=range(len(MX)))
def test_somebody_takes_mail_for_the_domain(look, records, verdict):
    assert look(MAIL_MX=records) == ALL | {"MX": [verdict]}


def test_a_domain_with_neither_mx_nor_address_takes_none(look):
    assert look(MAIL_MX=[], MAIL_A=[])["MX"] == [FAULT]


def test_the_machines_name_is_a_hint_and_only_where_mail_leaves_from_it(look, settings):
    missing = {"1DOT2DOT0DOT192DOTin-addrDOTarpa_PTR": []}
    assert look(**missing) == ALL | {"PTR": [HINT]}
    settings.EMAIL_HOST = "smtp.far.example"
    assert "PTR" not in look(**missing)


def test_a_name_server_that_is_away_is_waited_for_once_and_blames_nothing(look, monkeypatch):
    monkeypatch.setattr(dns_lookup, "LONGEST", 0.6)
    asked = []
    query = dns_lookup.Lookup._query

    def count(self, *question):
        asked.append(time.monotonic() < self.until)
        return query(self, *question)

    monkeypatch.setattr(dns_lookup.Lookup, "_query", count)
    everything = {}
    for name, kind in ALL_GOOD:
        host = name.replace("mail.example", "MAIL").replace(".", "DOT")
        everything[f"{host}_{kind}"] = AWAY
    found = look(**everything)
    assert {verdict for verdicts in found.values() for verdict in verdicts} == {UNKNOWN}
    assert sum(asked) <= 4  # the others weren't asked at all


def test_a_name_that_no_domain_can_have_is_none(look, settings):
    settings.DKIM_SELECTORS = ["s" * 70]
    assert look()["DKIM"] == [FAULT]
