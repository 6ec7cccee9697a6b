"""Returned mails as servers write them, and complaints as mailbox providers do. Ours, in their documented shapes."""

PERSON = "ann@example.org"


def dsn(
    fields: str,
    words: str = "",
    *,
    to: str = "bounces@mail.example",
    original: str = "Subject: Hello\n",
    more: str = "",
) -> bytes:
    """Return a delivery status notification (RFC 3464) as bytes."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\n{more}"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain; charset=us-ascii\n\n{words}\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{fields}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
    ).encode()


def fields(
    status: str,
    diagnosis: str = "",
    *,
    action: str = "failed",
    person: str = PERSON,
    mta: str = "dns; mx.example.net",
) -> str:
    said = f"Diagnostic-Code: {diagnosis}\n" if diagnosis else ""
    return (
        f"Reporting-MTA: {mta}\nArrival-Date: Fri, 6 Nov 2026 10:00:00 +0000\n\n"
        f"Final-Recipient: rfc822; {person}\nAction: {action}\nStatus: {status}\n{said}"
    )


def postfix(status: str, reply: str, command: str = "RCPT TO", **over: str) -> bytes:
    words = (
        "This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message could not\n"
        f"be delivered to one or more recipients.\n\n<{PERSON}>: host mx.far.example[192.0.2.7] said: {reply}\n"
        f"    (in reply to {command} command)"
    )
    queue = "X-Postfix-Queue-ID: 4AB12\nX-Postfix-Sender: rfc822; bounces@mail.example\n"
    told = fields(status, f"smtp; {reply}", **over).replace("\n\n", f"\n{queue}\n", 1)
    return dsn(told, words)


def exim(reply: str) -> bytes:
    """Exim's report, with the reply of the far server in its words and in its fields."""
    words = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be\n"
        f"delivered.\n\n  {PERSON}\n    SMTP error from remote mail server after RCPT TO:<{PERSON}>:\n    {reply}"
    )
    told = fields("5.0.0", f"smtp; {reply}")
    return dsn(told, words, more=f"X-Failed-Recipients: {PERSON}\nAuto-Submitted: auto-replied\n")


def exim_in_words(reply: str, to: str = "bounces@mail.example") -> bytes:
    return (
        f"From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nTo: {to}\nX-Failed-Recipients: {PERSON}\n"
        "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\n"
        f"A message that you sent could not be delivered.\n\n  {PERSON}\n    {reply}\n"
    ).encode()


def qmail(reply: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.net\nTo: bounces@mail.example\nSubject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message.\n\n"
        f"<{PERSON}>:\n192.0.2.7 does not like recipient.\nRemote host said: {reply}\nGiving up on 192.0.2.7.\n"
    ).encode()


def exchange(status: str, reason: str) -> bytes:
    told = (
        f"Reporting-MTA: dns;AM0PR01.eurprd01.prod.outlook.com\n\nFinal-Recipient: rfc822;{PERSON}\nAction: failed\n"
        f"Status: {status}\nDiagnostic-Code: smtp;550 {status} {reason}\n"
    )
    return dsn(told, "Your message couldn't be delivered.")


def gmail(status: str, reply: str, action: str = "failed") -> bytes:
    told = (
        "Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; notes@mail.example\n\n"
        f"Final-Recipient: rfc822; {PERSON}\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; gmail-smtp-in.l.google.com.\nDiagnostic-Code: smtp; {reply}\n"
        "Last-Attempt-Date: Fri, 6 Nov 2026 10:00:00 -0800 (PST)\n"
    )
    return dsn(told, "** Address not found **", more=f"X-Failed-Recipients: {PERSON}\n")


def yahoo(status: str, reply: str) -> bytes:
    return dsn(
        fields(status, f"smtp; {reply}", mta="dns; mta1.mail.bf1.yahoo.com"),
        "Sorry, we were unable to deliver.",
    )


def arf(
    kind: str, *, original: str = "", mail_from: str = "", original_type: str = "message/rfc822"
) -> bytes:
    """Return a feedback report (RFC 5965) as bytes."""
    told = f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
    told += f"Original-Mail-From: <{mail_from}>\n" if mail_from else ""
    return (
        "From: <feedback@isp.example>\nTo: <bounces@mail.example>\nSubject: FW: Hello\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--b\nContent-Type: message/feedback-report\n\n{told}\n"
        f"--b\nContent-Type: {original_type}\n\n{original}From: notes@mail.example\nSubject: Hello\n\nHello\n--b--\n"
    ).encode()


def vacation(to: str) -> bytes:
    return (
        f"From: Ann <{PERSON}>\nTo: {to}\nSubject: Out of office: Hello\nAuto-Submitted: auto-replied\n\n"
        "I am away. Mailbox 5.1.1 is full of sand.\n"
    ).encode()
