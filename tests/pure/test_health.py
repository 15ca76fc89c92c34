"""States and alarms: what a visit says of its source, as a pure function of the past."""

from datetime import timedelta

import pytest

from builders import make_source
from veille.judge.health import judge
from veille.model import Collected, Expectation, Failed, Past, Selectors

DOWN = Failed(failure="timeout", reason="trop tard")
WELL = Past(state="live", proven=True, entries=(20, 20, 19), dated=20, newest_day="2026-11-20", longest_gap=4, usual_gap=2.0)
PAGE = make_source(kind="page", select=Selectors(item="li", title="a"))


def read(**given):
    return Collected(**{"seen": 20, "dated": 20} | given)


def live_on(source, past, outcomes, now):
    """The verdicts of visits in a row."""
    from dataclasses import replace

    found = []
    for outcome in outcomes:
        verdict = judge(source, past, outcome, now)
        found.append(verdict)
        past = replace(past, state=verdict.state, failures=verdict.failures, rung=verdict.rung)
        now = verdict.next_visit_at or now + timedelta(days=1)
    return found


@pytest.mark.parametrize(
    ("failure", "state"),
    [("timeout", "failing"), ("http", "failing"), ("bad-feed", "failing"), ("gone", "gone"), ("rate-limited", "rate-limited"),
     ("robots", "robots"), ("bot-wall", "blocked"), ("bug", "failing")],
)  # fmt: skip
def test_each_failure_has_its_state(failure, state, now):
    assert judge(make_source(), WELL, Failed(failure=failure, reason="x"), now).state == state


@pytest.mark.parametrize(
    ("failure", "rings"),
    [("timeout", [False, True, False, False]), ("gone", [True, False, False, False]), ("robots", [True, False, False, False]),
     ("bot-wall", [False, True, False, False]), ("rate-limited", [False, False, False, False])],
)  # fmt: skip
def test_an_alarm_rings_once_and_not_at_the_first_hiccup(failure, rings, now):
    verdicts = live_on(make_source(), WELL, [Failed(failure=failure, reason="x")] * 4, now)

    assert [verdict.rings for verdict in verdicts] == rings


def test_the_end_of_an_alarm_is_told_once(now):
    verdicts = live_on(make_source(), WELL, [DOWN, DOWN, DOWN, read(), read()], now)

    assert [(one.state, one.rings) for one in verdicts] == [
        ("failing", False), ("failing", True), ("failing", False), ("live", True), ("live", False),
    ]  # fmt: skip


def test_one_hiccup_is_told_to_nobody(now):
    assert not any(one.rings for one in live_on(make_source(), WELL, [DOWN, read(), DOWN, read()], now))


def test_going_from_one_illness_to_another_and_back_rings_each_once(now):
    wall = Failed(failure="bot-wall", reason="mur")
    verdicts = live_on(make_source(), WELL, [DOWN, DOWN, wall, DOWN, wall, DOWN], now)

    assert [one.rings for one in verdicts] == [False, True, True, False, False, False]


def test_empty_but_valid_is_not_broken(now):
    first, second = live_on(make_source(), WELL, [read(seen=0, dated=0)] * 2, now)

    assert (first.state, first.rings, second.rings) == ("empty", False, True)
    assert "valable" in (first.reason or "")


def test_a_304_after_a_failure_proves_nothing_but_the_body_itself_does(now):
    ill = Past(state="failing", proven=True, failures=3, entries=(20,))

    word = judge(make_source(), ill, Collected(unchanged=True, proven=False, status=304), now)
    body = judge(make_source(), ill, Collected(unchanged=True, proven=True), now)

    assert (word.state, word.failures) == ("failing", 3)
    assert (body.state, body.failures) == ("live", 0)


def test_a_304_of_a_sound_source_keeps_it_live_until_it_is_quiet(now):
    same = Collected(unchanged=True, proven=False, status=304)

    assert judge(make_source(), WELL, same, now).state == "live"
    assert judge(make_source(), WELL, same, now + timedelta(days=11)).state == "live"
    assert judge(make_source(), WELL, same, now + timedelta(days=13)).state == "quiet"


def test_a_promise_of_silence_beats_the_habit(now):
    patient = make_source(expect=Expectation(within=timedelta(days=90)))

    assert judge(patient, WELL, read(), now + timedelta(days=80)).state == "live"
    assert judge(patient, WELL, read(), now + timedelta(days=95)).state == "quiet"


@pytest.mark.parametrize(
    ("source", "outcome", "state"),
    [
        (PAGE, Failed(failure="bad-page", reason="x", missed=True), "selector-missed"), (PAGE, Failed(failure="bad-page", reason="x"), "failing"),
        (PAGE, read(seen=4, dated=4), "selector-missed"), (PAGE, read(seen=12, dated=12), "live"), (PAGE, read(dated=0), "selector-missed"),
        (make_source(), read(seen=4, dated=4), "live"), (make_source(), read(dated=0), "live"),
        (make_source(expect=Expectation(at_least=5)), read(seen=4), "empty"),
        (make_source(kind="page", select=PAGE.select, expect=Expectation(at_least=5)), read(seen=4), "selector-missed"),
    ],
)  # fmt: skip
def test_a_listing_that_says_less_than_usual_is_noticed(source, outcome, state, now):
    assert judge(source, WELL, outcome, now).state == state


def test_a_move_for_good_is_believed_at_the_third_visit(now):
    there = "https://gironde.example.fr/neuf"
    states = []
    for visits in range(4):
        past = Past(state="live", proven=True, entries=(20,), moved_to=there if visits else "", moved_visits=visits)
        states.append(judge(make_source(), past, read(moved_to=there if visits < 3 else ""), now).state)

    assert states == ["live", "live", "moved", "moved"]


@pytest.mark.parametrize(
    ("gap", "refresh", "hours"),
    [(None, None, 6), (0.2, None, 6), (2.0, None, 12), (30.0, None, 24), (0.2, timedelta(hours=10), 10), (0.2, timedelta(days=30), 24)],
)
def test_the_rhythm_follows_what_is_published_and_asked_between_once_and_four_times(gap, refresh, hours, now):
    past = Past(state="live", proven=True, entries=(20,), newest_day="2026-11-20", usual_gap=gap)

    wait = (judge(make_source(), past, read(refresh=refresh), now).next_visit_at - now) / timedelta(hours=1)

    assert hours <= wait <= hours * 1.1


def test_starts_are_spread(now):
    waits = {
        judge(make_source(id=f"s{n}"), Past(proven=True), read(), now).next_visit_at.replace(second=0, microsecond=0) for n in range(100)
    }

    assert len(waits) > 25


def test_a_wait_that_the_site_asked_for_is_kept(now):
    verdict = judge(make_source(), WELL, Failed(failure="rate-limited", reason="x", wait=timedelta(hours=20)), now)

    assert verdict.next_visit_at - now >= timedelta(hours=20)


def test_a_source_that_is_gone_has_no_next_visit(now):
    assert judge(make_source(), WELL, Failed(failure="gone", reason="x"), now).next_visit_at is None
