"""Limits: buckets with the test's own clock, and which visitor, seat or room each request is counted for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from chadchat.domain.buckets import Buckets
from chadchat.domain.guesses import Guess, Guesses
from chadchat.domain.limits import (
    LimitReached,
    Limits,
    RoomBusy,
    ServerFull,
    TooManyCodes,
    TooManyPassphrases,
    TooManyPosts,
    TooManyRooms,
    TooManyStreams,
)
from chadchat.errors import NameRequired
from chadchat.refusal import ChatError
from chadchat.server.visitors import network, parse
from chadchat.setting import Rate
from chadchat.settings import SETTINGS, Settings
from chadchat.web.visitor import token_of, visitor_of

ADA, MALLORY = "192.0.2.7", "198.51.100.66"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_gives_its_burst_at_once_and_then_one_in_time(clock: Clock) -> None:
    buckets = Buckets(10, 1.0, clock)

    assert [buckets.take(MALLORY) for _ in range(10)] == [0.0] * 10
    assert buckets.take(MALLORY) == pytest.approx(1.0, abs=0.01)
    assert buckets.take(ADA) == 0.0
    clock.now += 0.9
    assert buckets.take(MALLORY) == pytest.approx(0.1, abs=0.01)
    clock.now += 0.1
    assert buckets.take(MALLORY) == 0.0
    assert buckets.take(MALLORY) > 0.9
    clock.now += 1000
    assert [buckets.take(MALLORY) for _ in range(11)].count(0.0) == 10


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 12), st.sampled_from([0.05, 1.0, 7.5]))
@examples(max_examples=200, deadline=None)
def test_no_more_than_burst_and_rate_are_ever_given(pauses: list[float], burst: int, every: float) -> None:
    clock = Clock()
    buckets = Buckets(burst, every, clock)
    given_at: list[float] = []
    for pause in pauses:
        clock.now += pause
        if not buckets.take(""):
            given_at.append(clock.now)

    for first, start in enumerate(given_at):
        for last in range(first, len(given_at)):
            assert last - first + 1 <= burst + (given_at[last] - start) / every + 0.001


def test_idle_visitors_are_forgotten_and_many_visitors_stay_within_bounds(clock: Clock) -> None:
    buckets = Buckets(10, 1.0, clock, most=5000)
    for number in range(4000):
        buckets.take(number)
    clock.now += 60
    for number in range(4000, 5100):
        buckets.take(number)
    assert len(buckets) < 2500

    for number in range(100_000):
        buckets.take(number)
        assert len(buckets) <= 5001
    assert buckets.take(99_999) == 0.0


def test_a_bucket_owes_no_more_than_it_holds(clock: Clock) -> None:
    buckets = Buckets(10, 1.0, clock)

    for _ in range(1000):
        buckets.owe(MALLORY)
    assert buckets.wait(MALLORY) == pytest.approx(11.0, abs=0.01)


def answered(codes: Guesses, visitor: str, code: str, passphrase: str = "", let_in: bool = False) -> bool:
    guess = codes.ask(visitor, code, passphrase)
    if not guess.wait:
        codes.settle(guess, let_in=let_in)
    return not guess.wait


def test_a_visitor_who_guesses_codes_gets_150_answers_in_the_first_hour_and_120_in_the_next(clock: Clock) -> None:
    codes, waits, fresh = Limits(Settings(), clock).codes, list[float](), count()

    def answers_in_an_hour() -> int:
        found = 0
        for _ in range(3600):
            found += answered(codes, MALLORY, f"Z{next(fresh)}")
            waits.append(codes.wait(MALLORY))
            clock.now += 1
        return found

    assert answers_in_an_hour() in (149, 150)  # the last is due with the last second
    assert 0 < max(waits) <= 30
    assert answers_in_an_hour() == 120


def test_a_thousand_guesses_at_once_are_no_more_than_thirty(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes

    made = [codes.ask(MALLORY, f"Z{number}") for number in range(1000)]  # none of them is decided yet

    assert sum(guess.paid for guess in made) == 30
    assert all(guess.wait for guess in made[30:])


def test_the_same_guess_is_paid_for_once_an_hour(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes

    for _ in range(100):
        assert answered(codes, MALLORY, "ZZZZ")
        assert answered(codes, MALLORY, "ZZZZ", "correct horse")
    left = sum(answered(codes, MALLORY, f"Z{number}") for number in range(100))
    assert left == 28  # two were told
    clock.now += 3600
    assert [codes.ask(MALLORY, "ZZZZ").paid, codes.ask(ADA, "ZZZZ").paid] == [True, True]


def test_what_let_the_caller_in_is_given_back_once(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes

    for _ in range(1000):
        assert answered(codes, ADA, "KQZF", let_in=True)
    assert answered(codes, ADA, "KQZF")  # by OPTIONS, that is: paid for
    for _ in range(10):
        assert answered(codes, ADA, "KQZF", let_in=True)
    assert sum(answered(codes, ADA, f"Z{number}") for number in range(100)) == 30


async def test_a_right_guess_waits_for_others_and_a_wrong_one_gets_no_further(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes
    turns = [codes.ask_in_turn(ADA, f"Z{number}") for number in range(300)]
    ends: list[bool] = []

    async def right(turn: Coroutine[Any, Any, Guess]) -> None:
        guess = await turn
        ends.append(not guess.wait)
        await asyncio.sleep(0)  # the look into the database
        if not guess.wait:
            codes.settle(guess, let_in=True)

    await asyncio.gather(*map(right, turns))
    assert ends == [True] * 300

    async def mistaken(turn: Coroutine[Any, Any, Guess]) -> bool:
        guess = await turn
        await asyncio.sleep(0)
        if not guess.wait:
            codes.settle(guess, let_in=False)
        return not guess.wait

    told = await asyncio.gather(*[mistaken(codes.ask_in_turn(MALLORY, f"Z{number}")) for number in range(300)])
    assert sum(told) == 30


async def test_a_guess_that_is_cut_off_while_it_waits_takes_nobodys_turn(clock: Clock) -> None:
    codes = Limits(Settings(limit_codes=Rate(1, 30.0)), clock).codes
    first = codes.ask(ADA, "KQZF")
    waiting = [asyncio.create_task(codes.ask_in_turn(ADA, f"Z{number}")) for number in range(3)]
    await asyncio.sleep(0)

    codes.settle(first, let_in=True)
    waiting[0].cancel()  # it was just told that it is its turn
    second = await waiting[1]
    assert second.paid
    codes.settle(second, let_in=True)
    assert (await waiting[2]).paid


def test_a_thousand_wrong_codes_in_an_hour_bind_only_those_who_guessed_wrong(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes
    people = [f"203.0.113.{number}" for number in range(34)]
    told = [sum(answered(codes, person, f"Z{number}") for number in range(30)) for person in people]

    assert sum(told) == 1000
    assert not answered(codes, people[-1], "KQZF", let_in=True)
    assert answered(codes, ADA, "KQZF", let_in=True)
    assert answered(codes, ADA, "ZZZZ")
    assert not answered(codes, ADA, "KQZF", let_in=True)
    clock.now += codes.ask(ADA, "KQZF").wait
    assert answered(codes, ADA, "KQZF", let_in=True)


def test_a_fresh_visitor_guesses_one_after_the_other_once_the_hour_is_spent(clock: Clock) -> None:
    codes = Limits(Settings(limit_codes_server=5), clock).codes
    for number in range(5):
        answered(codes, f"203.0.113.{number}", "ZZZZ")

    assert sum(codes.ask(MALLORY, f"Z{number}").paid for number in range(30)) == 1


def test_an_ipv6_line_has_eight_times_what_a_network_has(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes
    told = [
        sum(answered(codes, network(f"2001:db8:1:{line:x}::1"), f"Z{line}-{number}") for number in range(40))
        for line in range(256)
    ]

    assert told[:9] == [30] * 8 + [0]
    assert sum(told) == 240
    assert answered(codes, network("2001:db8:2::1"), "ZZZZ")


def test_forged_tokens_are_paid_for_once_each_and_no_more_than_a_bucket_holds(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes
    for number in range(30):
        answered(codes, MALLORY, f"Z{number}")
    assert codes.wait(MALLORY) == pytest.approx(30, abs=0.1)

    for _ in range(10):
        codes.forged(MALLORY, "KQZF", "cct_a")
    assert codes.wait(MALLORY) == pytest.approx(60, abs=0.1)
    for number in range(10_000):
        codes.forged(MALLORY, "KQZF", f"cct_{number}")
    assert codes.wait(MALLORY) == pytest.approx(31 * 30, abs=0.1)
    assert answered(codes, ADA, "ZZZZ")


def test_what_is_remembered_of_guesses_stays_within_bounds(clock: Clock) -> None:
    codes = Limits(Settings(), clock).codes
    for number in range(51_000):
        answered(codes, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "ZZZZ")

    assert max(len(codes._paid), len(codes._wrong)) <= 50_001
    assert not codes._undecided
    assert not codes._waiting


def test_ten_rooms_at_once_then_one_a_minute(clock: Clock) -> None:
    limits = Limits(Settings(), clock)
    for _ in range(10):
        limits.open_room(MALLORY)

    with pytest.raises(TooManyRooms, match=r"Come back in 60 seconds\.") as refusal:
        limits.open_room(MALLORY)
    assert (refusal.value.status, refusal.value.retry_after) == (429, 60)
    limits.open_room(ADA)
    limits.room_not_opened(MALLORY)
    limits.open_room(MALLORY)


def test_posts_are_counted_for_the_sender_and_for_the_room(clock: Clock) -> None:
    limits = Limits(Settings(), clock)
    for _ in range(10):
        limits.post("KQZF", MALLORY)
    with pytest.raises(TooManyPosts, match=r"Come back in 1 second\."):
        limits.post("KQZF", MALLORY)
    for number in range(10):
        limits.post("KQZF", number)
    with pytest.raises(RoomBusy) as refusal:
        limits.post("KQZF", ADA)
    assert refusal.value.retry_after == 1
    limits.post("ABCD", ADA)
    for _ in range(9):
        limits.post("ABCD", ADA)  # what was refused for the room is still the sender's


async def test_streams_are_counted_while_they_are_open(clock: Clock) -> None:
    limits = Limits(Settings(limit_streams=2, limit_seat_streams=1, limit_all_streams=3), clock)
    streams = limits.streams
    async with streams.hold(MALLORY):
        async with streams.hold(MALLORY, "seat"):
            with pytest.raises(TooManyStreams, match=r"in your network.* CHADCHAT_LIMIT_STREAMS"):
                streams.check(MALLORY)
            with pytest.raises(TooManyStreams, match="You have this room open in too many places"):
                streams.check_seat("seat")
            async with streams.hold(ADA):
                with pytest.raises(ServerFull) as full:
                    streams.check("203.0.113.1")
                assert full.value.status == 503
        streams.check(MALLORY)
        streams.check_seat("seat")
    assert streams.open == 0


async def test_a_visitor_may_hold_a_fair_share_of_the_streams_and_always_thirty(clock: Clock) -> None:
    streams = Limits(Settings(limit_all_streams=1000), clock).streams

    def opens(who: str) -> int:
        """How many more this visitor may open."""
        opened = 0
        while True:
            try:
                streams.check(who)
            except (TooManyStreams, ServerFull):
                return opened
            streams.count((who,), 1)
            opened += 1

    assert opens(MALLORY) == 200, "a fifth of an empty server"
    assert opens(ADA) == 160, "a fifth of what is left"
    crowd = [opens(f"203.0.113.{number}") for number in range(4)]
    assert crowd == [128, 102, 82, 65]
    streams.count(("198.51.100.1",), 800 - streams.open)  # four fifths are in use
    assert opens("203.0.113.9") == 30
    assert opens(MALLORY) == 0, "nobody who holds more is cut, or gets more"
    streams.count((MALLORY,), -171)
    streams.count(("198.51.100.2",), 171)
    assert opens(MALLORY) == 1, "up to thirty"


def test_the_operator_is_told_of_a_limit_once_a_minute(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(Settings(), clock)
    for _ in range(3):
        limits.log.tell(TooManyStreams(20))
        limits.log.tell(ServerFull(20))
        limits.log.tell(NameRequired())
    clock.now += 59
    limits.log.tell(TooManyStreams(20))
    assert [record.getMessage() for record in caplog.records] == [
        "requests are refused with 429 too_many_streams; the limit is CHADCHAT_LIMIT_STREAMS",
        "requests are refused with 503 server_full; the limit is CHADCHAT_LIMIT_ALL_STREAMS",
    ]

    clock.now += 1
    limits.log.tell(TooManyStreams(20))
    assert len(caplog.records) == 3


def test_each_limit_names_settings_that_there_are() -> None:
    names = {setting.name for setting in SETTINGS}
    limits_of_settings = {kind for kind in LimitReached.__subclasses__() if kind is not TooManyPassphrases}

    for kind in limits_of_settings:
        assert kind.settings, kind
        assert set(kind.settings) <= names
        assert all(name.startswith("limit_") for name in kind.settings)


def test_limits_can_be_switched_off() -> None:
    limits = Limits(Settings(limits="off", limit_rooms=Rate(0, 60.0), limit_posts=Rate(0, 1.0), limit_streams=0))

    for _ in range(100):
        limits.open_room(MALLORY)
        limits.post("KQZF", MALLORY)
        limits.streams.check(MALLORY)


@pytest.mark.parametrize("kind", [TooManyCodes, TooManyRooms, TooManyPosts, TooManyStreams, ServerFull])
@pytest.mark.parametrize(("wait", "said"), [(0.2, "in 1 second."), (59.5, "in 60 seconds."), (540.0, "in 9 minutes.")])
def test_a_refusal_says_when_to_come_back(kind: type[ChatError], wait: float, said: str) -> None:
    refusal = kind(wait)

    assert refusal.sentence.endswith(f"Come back {said}")
    assert refusal.retry_after
    assert wait <= refusal.retry_after < wait + 1


@pytest.mark.parametrize(
    ("host", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::2", "fe80::2"),  # a neighbour of the one before
        ("8.8.8.8:1001", "8.8.8.8"),
        ('"[2001:db8::1]:4711"', "2001:db8::/64"),
        ('"192.0.2.7"', "192.0.2.7"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("unknown", "unknown"),
        ("x" * 500, "x" * 64),
    ],
)
def test_a_visitor_is_an_ipv4_address_or_an_ipv6_network(host: str, visitor: str) -> None:
    assert network(host) == visitor
    assert visitor_of({"client": (host, 1)}) == visitor


@pytest.mark.parametrize(
    "text", ["", "unknown", "_hidden", "8.8.8.8:x", "8.8.8", "[8.8.8.8", '"8.8.8.8', "1::2::3", "8" * 99]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse(text) is None


def test_a_seat_is_known_by_its_bearer_or_its_cookie() -> None:
    def scope(*headers: tuple[bytes, bytes]) -> dict[str, object]:
        return {"headers": list(headers)}

    assert token_of(scope((b"authorization", b"Bearer cct_a")), "KQZF") == "cct_a"
    assert token_of(scope((b"cookie", b"chad-ABCD=no; chad-KQZF=cct_b; x=y")), "KQZF") == "cct_b"
    assert token_of(scope((b"cookie", b"__Host-chad-KQZF=cct_c")), "KQZF") == "cct_c"
    assert token_of(scope((b"cookie", b"chad-ABCD=no")), "KQZF") is None
