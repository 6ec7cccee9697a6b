"""Who gets which mail when somebody asks."""

import json

import pytest

from newsletter import addresses, hashing, suppression
from newsletter.models import Delivery, FormMailCount, Subscriber, Suppression
from newsletter.subscribing import signup
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" ann@example.org ", "ann@example.org"),
        ("Ann.Lee+notes@Example.ORG", "Ann.Lee+notes@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("o'neill@example.ie", "o'neill@example.ie"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
        ("ann@example.org.", "ann@example.org"),
    ],
)
def test_an_address_is_written_in_one_way(typed, kept):
    assert addresses.normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "a@b.co\nBcc: x@y.z",
        "a@b.co\r\nBcc: x@y.z",
        "a%0abcc@example.org",
        "a@b.co%0abcc:x@y.z",
        "a\0@example.org",
        "a@example.org\t",
        "a@example.org\n",
        "a@b.co,c@d.co",
        "a@b.co;c@d.co",
        "a@b.co c@d.co",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@internal",
        "a@1.2.3.4",
        "a" * 65 + "@example.org",
        "=cmd@example.org",
        "+ann@example.org",
        "-ann@example.org",
        "@ann@example.org",
        "é@example.org",
        '"a b"@example.org',
        "Ann <ann@example.org>",
    ],
)
def test_what_is_not_one_plain_address_is_refused(typed):
    with pytest.raises(addresses.AddressError):
        addresses.normalise(typed)


def ask(address="ann@example.org", *, letters=False):
    signup.ask(address, letters=letters)
    return list(Delivery.objects.filter(state="queued").values_list("kind", flat=True))


def sent_all():
    Delivery.objects.update(state="sent")


def test_a_new_address_is_asked_to_confirm():
    assert ask() == ["confirm"]


def test_a_pending_one_is_asked_again_after_a_day_and_not_before(clock):
    ask()
    sent_all()
    clock(hours=23)
    assert ask() == []
    clock(hours=2)
    assert ask() == ["confirm"]


def test_asking_again_gives_the_full_three_days_anew(clock):
    ask()
    first = Subscriber.objects.get().asked_at
    clock(hours=25)
    ask()
    assert Subscriber.objects.get().asked_at > first


def test_asking_again_within_the_day_does_not_keep_an_address_longer(clock):
    ask()
    first = Subscriber.objects.get().asked_at
    clock(hours=5)
    ask()
    assert Subscriber.objects.get().asked_at == first


def test_nobody_is_asked_to_confirm_more_than_three_times_in_thirty_days(clock):
    mails = 0
    for _ in range(8):
        mails += len(ask())
        Subscriber.objects.all().delete()  # as retention does after three days
        clock(days=3, hours=1)
    assert mails == 3
    clock(days=30)
    assert ask() == ["confirm"]


@pytest.mark.parametrize("other", ["ANN@example.org", "ann+1@example.org"])
def test_one_mailbox_cannot_be_flooded_under_several_names(other):
    ask()
    sent_all()
    assert ask(other) == []


def test_the_limit_keeps_a_hash_and_no_address():
    ask()
    [mail] = FormMailCount.objects.all()
    assert len(mail.hash) == 64
    assert mail.hash != hashing.fingerprint("ann@example.org")


def test_a_confirmed_one_gets_the_guide_again_once_a_day(clock):
    make_subscriber(address="ann@example.org")
    assert ask() == ["guide"]
    sent_all()
    assert ask() == []
    clock(hours=25)
    assert ask() == ["guide"]


def test_who_has_had_the_guide_is_told_that_they_are_on_the_list_and_gets_it_again_once_a_day(
    clock,
):
    from django.utils import timezone

    person = make_subscriber(
        address="ann@example.org", wants_letters=True, guide_sent_at=timezone.now()
    )
    assert ask(letters=True) == ["listed"]
    sent_all()
    assert ask() == []
    clock(hours=25)
    assert ask() == ["listed"]
    sent_all()
    clock(hours=25)
    assert ask() == ["listed"]
    sent_all()
    clock(hours=25)
    assert ask() == []  # three in thirty days
    before = person.guide_sent_at
    person.refresh_from_db()
    assert person.guide_sent_at == before


def test_asking_again_does_not_keep_the_address_of_who_wanted_the_guide_alone_any_longer(
    clock, work, mailoutbox
):
    from newsletter.outbox import retention

    make_subscriber(address="ann@example.org")
    ask()
    work()
    clock(days=6)
    ask()
    work()
    clock(days=1, hours=1)
    retention.prune()
    assert [mail.subject for mail in mailoutbox] == [
        "Here's your guide",
        "You're already on the list",
    ]
    assert not Subscriber.objects.exists()


def test_a_confirmed_one_stays_confirmed_when_somebody_asks_again():
    make_subscriber(address="ann@example.org", wants_letters=True)
    ask(letters=False)
    subscriber = Subscriber.objects.get()
    assert (subscriber.state, subscriber.wants_letters) == ("confirmed", True)


def test_ticking_the_letters_later_needs_a_new_confirmation():
    from django.utils import timezone

    make_subscriber(address="ann@example.org", guide_sent_at=timezone.now())
    assert ask(letters=True) == ["confirm"]
    subscriber = Subscriber.objects.get()
    assert (subscriber.state, subscriber.wants_letters) == ("confirmed", False)


def test_the_letters_cannot_hold_up_a_guide_that_is_on_its_way():
    make_subscriber(address="ann@example.org")
    assert ask(letters=True) == ["guide"]
    assert Subscriber.objects.get().state == "confirmed"


def test_what_the_mail_that_went_out_asked_is_what_it_confirms():
    ask(letters=True)
    ask(letters=False)
    assert Subscriber.objects.get().wants_letters is True


def test_an_address_whose_owner_complained_gets_nothing():
    suppression.suppress(hashing.fingerprint("ann@example.org"), "complained")
    assert ask() == []
    assert not Subscriber.objects.exists()


def test_an_address_whose_mail_came_back_is_asked_and_its_answer_lifts_that():
    suppression.suppress(hashing.fingerprint("ann@example.org"), "bounced")
    assert ask() == ["confirm"]
    assert Suppression.objects.exists()
    signup.confirm(Subscriber.objects.get().public_id)
    assert not Suppression.objects.exists()


def test_who_left_may_come_back_by_confirming_anew():
    make_subscriber(address="ann@example.org")
    signup.leave(hashing.fingerprint("ann@example.org"))
    assert ask() == ["confirm"]
    assert Suppression.objects.exists()
    signup.confirm(Subscriber.objects.get().public_id)
    assert not Suppression.objects.exists()


def test_confirming_does_not_forget_a_complaint():
    person = make_subscriber(address="ann@example.org", state="pending")
    suppression.suppress(person.fingerprint, "complained")
    signup.confirm(person.public_id)
    assert Suppression.objects.get().reason == "complained"


@pytest.mark.parametrize(
    ("reason", "stays"), [("bounced", "unsubscribed"), ("complained", "complained")]
)
def test_a_complaint_outweighs_an_earlier_goodbye_and_returned_mail_does_not(reason, stays):
    fingerprint = hashing.fingerprint("ann@example.org")
    signup.leave(fingerprint)
    signup.leave(fingerprint, reason)
    assert Suppression.objects.get().reason == stays


def test_leaving_does_not_soften_a_complaint():
    fingerprint = hashing.fingerprint("ann@example.org")
    suppression.suppress(fingerprint, "complained")
    signup.leave(fingerprint)
    assert Suppression.objects.get().reason == "complained"


@pytest.mark.parametrize("blocked", ["blocked.example", "BLOCKED.example", "blocked.example."])
@pytest.mark.parametrize(
    "address", ["a@blocked.example", "a@mail.blocked.example", "a@BLOCKED.Example."]
)
def test_a_blocked_domain_gets_nothing(settings, blocked, address):
    settings.BLOCKED_DOMAINS = [blocked]
    assert ask(addresses.normalise(address)) == []
    assert not Subscriber.objects.exists()


def test_a_blocked_domain_blocks_no_other_that_ends_alike(settings):
    settings.BLOCKED_DOMAINS = ["blocked.example"]
    assert ask("a@unblocked.example") == ["confirm"]


def test_two_people_at_once_with_one_address_make_one_row_and_one_mail(site):
    made = site.script("""
        import json
        from threading import Barrier, Thread
        from django.test import Client
        from newsletter.models import Delivery, Subscriber
        from newsletter.subscribing.intake import Decider
        from trustsite.web.form_guard import form_token

        barrier, answers = Barrier(2), []

        def at_once(deed):
            threads = [Thread(target=deed) for _ in range(2)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]

        def ask():
            barrier.wait()
            post = {"address": "ann@example.org", "stamp": form_token()}
            answers.append(Client(headers={"host": "127.0.0.1"}).post("/newsletter/subscribe/", post))

        at_once(ask)
        at_once(lambda: Decider().tick())
        statuses = [answer.status_code for answer in answers]
        print(json.dumps([statuses, Subscriber.objects.count(), Delivery.objects.count()]))
    """)
    assert json.loads(made) == [[200, 200], 1, 1]
