# SPDX-License-Identifier: GPL-3.0-or-later
"""What a way back keeps comes out of the file as it went in, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.ipv6.plugins.module_utils._formats import way_back as w

# Names of files are bytes: what is no UTF-8 comes as surrogates.
names = st.text(st.characters(exclude_categories=["Cs"]) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))
words = st.lists(st.text("abc09:./", min_size=1), max_size=5).map(tuple)
pairs = st.lists(st.tuples(names, names), max_size=3).map(tuple)
numbers = st.integers(-1, 2**32)

entries = st.builds(w.Entry, names, names, numbers, numbers, numbers, pairs, names, numbers, numbers, names)
vlans = st.lists(st.tuples(st.integers(1, 4094), words), max_size=2).map(tuple)
links = st.builds(w.LinkState, names, names, st.booleans(), numbers, names, names, names, pairs, vlans)
addresses = st.builds(
    w.AddressState,
    names,
    names,
    names,
    numbers,
    names,
    names,
    names,
    names,
    st.booleans(),
    st.booleans(),
    numbers,
    numbers,
    names,
)
routes = st.builds(w.RouteState, st.sampled_from("46"), words, numbers)
rules = st.builds(w.RuleState, st.sampled_from("46"), words)
neighbours = st.builds(w.NeighbourState, names, names, names)
units = st.builds(w.UnitState, names, st.booleans(), st.booleans(), names, st.booleans())
moments = st.floats(0, 2**40)
terms = st.builds(w.Terms, names, names, moments, moments, numbers, words, words)


def some(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


running = st.builds(
    w.Running,
    some(links), some(addresses), some(routes), some(rules), some(neighbours), words,
    st.dictionaries(names, names, max_size=2), st.dictionaries(names, names, max_size=2), some(units),
)  # fmt: skip
snapshots = st.builds(w.Snapshot, terms, words, some(entries), running, moments)
outcomes = st.builds(w.Outcome, names, names, terms, moments, moments, names, words, words, st.booleans())


@given(snapshots)
def test_snapshot_comes_back(snapshot: w.Snapshot) -> None:
    text = w.render_snapshot(snapshot)
    # It is written as UTF-8.
    assert w.parse_snapshot(text.encode().decode()) == snapshot


@given(outcomes)
def test_outcome_comes_back(outcome: w.Outcome) -> None:
    assert w.parse_outcome(w.render_outcome(outcome).encode().decode()) == outcome


@given(snapshots, st.data())
def test_snapshot_that_is_cut_short_is_none(snapshot: w.Snapshot, data: st.DataObject) -> None:
    text = w.render_snapshot(snapshot).rstrip("\n")
    with pytest.raises(w.NotAManifest):
        w.parse_snapshot(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "snapshot": {}}', '{"version": 1}', "null", "\x00"])
def test_what_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(w.NotAManifest):
        w.parse_snapshot(text)
    with pytest.raises(w.NotAManifest):
        w.parse_outcome(text)


def test_where_bytes_are_kept_makes_no_difference() -> None:
    entry = w.Entry("/etc/x", "file", 0o644, 0, 0, (), "", 5, 7, "abc")
    assert entry.shape == entry._replace(offset=99).shape
    assert entry.shape != entry._replace(mode=0o600).shape
    assert entry.shape != entry._replace(digest="abd").shape


def test_what_tells_one_from_another() -> None:
    route = w.RouteState("-6", ("default", "via", "fe80::1"), expires=17)
    assert route.identity == route._replace(expires=20).identity
    assert route.identity != route._replace(family="-4").identity
