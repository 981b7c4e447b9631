"""What processes that share a library hear of each other's jobs."""

from __future__ import annotations

from stoat_nb.catalog.jobs import CHANGES_AT_MOST
from stoat_nb.jobs.state import JobStatus
from stoat_nb.jobs.store import Interest
from stoat_nb.jobs.transitions import Wish

from .world import EVERYTHING, World, claim, end, names, save, submit

# News ---------------------------------------------------------------------------------------------


def test_that_something_was_written_is_told_once(world: World) -> None:
    first, second = world.process(11), world.process(12)
    first.has_changed()
    assert not first.has_changed()
    submit(second, "a")
    assert first.has_changed()
    assert not first.has_changed()


def test_what_others_did_is_told_and_what_it_did_itself_is_not(world: World) -> None:
    first, second = world.process(11), world.process(12)
    submit(first, "mine")
    begin = first.changes(-1, EVERYTHING)
    assert (begin.states, begin.by_others) == ([], False)
    (state,) = claim(first)
    own = first.changes(begin.revision, EVERYTHING)
    assert (own.states, own.by_others) == ([], False)
    assert own.revision > begin.revision
    submit(second, "theirs", "too")
    claim(second)
    news = first.changes(own.revision, EVERYTHING)
    assert news.by_others
    assert {change.job_id: change.status for change in news.states} == {
        "theirs": JobStatus.RUNNING,
        "too": JobStatus.PENDING,
    }
    assert news.wished == []
    assert first.changes(news.revision, EVERYTHING).states == []
    save(first, end(state))
    assert names(second.changes(news.revision, EVERYTHING).states) == ["mine"]


def test_only_jobs_of_interest_are_told_but_always_that_others_did_something(world: World) -> None:
    first, second = world.process(11), world.process(12)
    since = first.changes(-1, EVERYTHING).revision
    submit(second, "a", "b")
    assert names(first.changes(since, Interest(frozenset({"b", "\ud800"}))).states) == ["b"]
    nothing = first.changes(since, Interest())
    assert (nothing.states, nothing.by_others) == ([], True)


def test_news_come_in_the_order_in_which_they_happened_and_the_newest_if_many(
    world: World,
) -> None:
    first, second = world.process(11), world.process(12)
    since = first.changes(-1, EVERYTHING).revision
    many = [f"{number:04}" for number in range(CHANGES_AT_MOST + 5)]
    submit(second, *many)
    assert names(first.changes(since, EVERYTHING).states) == many[5:]
    told = first.changes(since, Interest(frozenset({"0000"}), everything=True)).states
    assert set(names(told)) == {"0000", *many[5:]}


def test_whoever_runs_a_job_is_told_of_wishes_about_it_whoever_listens(world: World) -> None:
    first, reader = world.process(11), world.process(12)
    submit(first, "a", "b", "c")
    claim(first, 3)
    since = first.changes(-1, Interest()).revision
    reader.wish("a", Wish.CANCEL)
    reader.wish("b", Wish.PAUSE)
    news = first.changes(since, Interest())
    assert news.by_others
    assert {
        state.job_id: (state.cancel_requested, state.pause_requested) for state in news.wished
    } == {
        "a": (True, False),
        "b": (False, True),
    }
    assert reader.changes(since, Interest()).wished == []


def test_readers_hear_of_each_others_wishes(world: World) -> None:
    """Neither of the two has ever run or submitted anything, so neither has a number."""
    submit(world.process(11), "a")
    one, another = world.process(12), world.process(13)
    since = one.changes(-1, EVERYTHING).revision
    another.wish("a", Wish.PAUSE)
    (news,) = one.changes(since, EVERYTHING).states
    assert news.paused
