"""Queries of every kind, made at random."""

from __future__ import annotations

from hypothesis import strategies as st

from stoat_nb.catalog.filters.fields import FIELDS, Field
from stoat_nb.catalog.query import SORTABLE, VideoQuery

from .rows import NAMES, NUMBERS, TEXTS, WHOLES

OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
EQUALS = st.sampled_from(["==", "!="])
TEXT = st.sampled_from([*TEXTS, *NAMES, "\ud800", "mp4", "/videos/2023"]) | st.text(max_size=3)
WHOLE = st.sampled_from(WHOLES)
NUMBER = st.sampled_from(NUMBERS) | st.floats(-100, 100)
MOMENT = st.sampled_from(
    ["2024", "2023-12", "2024-05-01", "1970-01-01T00:00:00+02:00", "2001-09-09T01:46:40", "1811"]
)
VALUES = {
    "text": TEXT,
    "list": st.sampled_from(["eng", "deu", "it's", "\0", "é", ""]),
    "whole": WHOLE,
    "number": NUMBER,
    "flag": st.booleans(),
    "moment": MOMENT,
}


def value_of(field: Field) -> st.SearchStrategy[object]:
    return st.sampled_from(field.choices) if field.choices else VALUES[field.kind]


def leaves(field: Field) -> st.SearchStrategy[str]:
    name, value = field.name, value_of(field).map(repr)
    chosen = st.lists(value | st.just("None"), max_size=3).map(", ".join)
    membership = st.builds(f"{name} {{}} [{{}}]".format, st.sampled_from(["in", "not in"]), chosen)
    kinds = [membership, st.sampled_from([f"{name} is None", f"{name} is not None"])]
    if field.kind in ("flag", "list"):
        kinds.append(st.just(name))
    if field.kind == "list":
        kinds += [st.builds("{} in {}".format, value, st.just(name))]
        kinds += [st.builds("{} not in {}".format, value, st.just(name))]
    else:
        operator = EQUALS if field.kind == "flag" else OPERATORS
        kinds.append(st.builds(f"{name} {{}} {{}}".format, operator, value))
        same = [one.name for one in FIELDS.values() if one.kind == field.kind]
        kinds.append(st.builds(f"{name} {{}} {{}}".format, operator, st.sampled_from(same)))
    if field.kind == "whole":
        kinds.append(st.builds(f"{name} {{}} {{}}".format, st.sampled_from("<>"), NUMBER))
    if field.kind == "text":
        part = st.sampled_from(["contains", "startswith", "endswith"])
        kinds.append(st.builds(f"{name}.{{}}({{!r}})".format, part, TEXT))
        kinds.append(
            st.builds(f"{{!r}} {{}} {name}".format, TEXT, st.sampled_from(["in", "not in"]))
        )
    return st.one_of(kinds)


FIELD = st.sampled_from(list(FIELDS.values()))
EXPRESSION = st.recursive(
    FIELD.flatmap(leaves),
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=4,
)
FACETS = FIELD.flatmap(
    lambda field: st.tuples(
        st.just(field.name),
        st.lists(value_of(field) | st.none(), max_size=3).map(tuple),
    )
)
RANGED = st.sampled_from(
    [one for one in FIELDS.values() if one.kind in ("whole", "number", "moment")]
)
RANGES = RANGED.flatmap(
    lambda field: st.tuples(
        st.just(field.name),
        st.tuples(*[value_of(field) | st.none() | NUMBER.filter(lambda x: abs(x) < 1e9)] * 2),
    )
)
QUERIES = st.builds(
    VideoQuery,
    where=st.just("") | EXPRESSION,
    search=st.just("") | TEXT | st.sampled_from(["été", "ΟΔΟΣ", "stras", "STRAß", "K", "é"]),
    facets=st.lists(FACETS, max_size=2).map(dict),
    ranges=st.lists(RANGES, max_size=1).map(dict),
    sort=st.just("path") | st.sampled_from(SORTABLE),
    descending=st.booleans(),
    limit=st.just(500),
)
