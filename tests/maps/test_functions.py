"""What a function may be, and what it may answer."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import pytest

from stoat_nb.errors import BadArgument, JobFailed
from stoat_nb.maps.function import answers_of, code_of

NAMES = ["a.mp4", "bb.mp4", "ccc.mp4"]
SIZES = dict(zip(NAMES, (5, 6, 7), strict=True))


class Counter:
    def __init__(self, more: int) -> None:
        self.more = more

    def size(self, path: str) -> int:
        return Path(path).stat().st_size + self.more

    def __call__(self, path: str) -> int:
        return self.size(path)


def size_and(more: int, path: str) -> int:
    return Path(path).stat().st_size + more


def closure() -> Any:
    more = 0
    return lambda path: Path(path).stat().st_size + more


@pytest.mark.parametrize(
    "function",
    [
        lambda path: Path(path).stat().st_size,
        closure(),
        Counter(0).size,
        Counter(0),
        partial(size_and, 0),
    ],
    ids=["lambda", "closure", "bound method", "callable object", "partial"],
)
def test_any_function_of_a_path_becomes_a_column(shelf: Any, function: Any) -> None:
    report = shelf.map(function)
    assert (report.done, report.failed) == (3, 0)
    assert shelf.values() == SIZES
    assert str(shelf.library.videos(with_=["found"])["found"].dtype) == "Int64"


def test_a_video_may_be_asked_for_instead_of_a_path(shelf: Any) -> None:
    shelf.map(lambda video: video.height + len(video.open().read()), inputs="video")
    assert shelf.values() == {name: 1080 + size for name, size in SIZES.items()}


def test_an_asynchronous_function_is_refused_with_a_sentence(shelf: Any) -> None:
    async def wait(_path: str) -> int:
        return 1

    with pytest.raises(BadArgument, match=r"it is async.*write def"):
        shelf.map(wait)
    with pytest.raises(BadArgument, match="it is async"):
        shelf.map(partial(wait))


@pytest.mark.parametrize("function", [lambda: 1, lambda _path, _other: 1, 7])
def test_what_takes_no_single_path_is_refused(shelf: Any, function: Any) -> None:
    with pytest.raises(BadArgument, match="function"):
        shelf.map(function)


def test_what_cannot_be_sent_is_refused(shelf: Any) -> None:
    lines = (line for line in "ab")
    with pytest.raises(BadArgument, match="can be sent to another process"):
        shelf.map(lambda _path: next(lines))


@pytest.mark.parametrize("name", ["", "2nd", "a.b", "videos", "codec", "class", "now", "x_rows"])
def test_a_name_that_nothing_could_ask_for_is_refused(shelf: Any, name: str) -> None:
    with pytest.raises(BadArgument, match="name"):
        shelf.map(len, name)


def test_values_of_every_kind_keep_it(shelf: Any) -> None:
    def answer(_path: str) -> dict[str, Any]:
        return {
            "flag": True,
            "whole": 2**40,
            "number": 0.5,
            "text": "caf\u00e9 \udce9",
            "moment": datetime(2024, 5, 1, 12, 30, tzinfo=UTC),
            "day": date(2024, 5, 1),
            "texts": ["eng", "deu"],
            "scalar": np.float32(0.5),
            "nothing": None,
            "nan": math.nan,
        }

    shelf.map(answer)
    row = shelf.library.videos(with_=["found"]).iloc[0].filter(like="found.")
    assert row["found.moment"] == pd.Timestamp("2024-05-01T12:30:00Z")
    assert row["found.day"] == pd.Timestamp("2024-05-01T00:00:00Z")
    assert list(row["found.texts"]) == ["eng", "deu"]
    told = [row[f"found.{name}"] for name in ("flag", "whole", "number", "text", "scalar")]
    assert told == [True, 2**40, 0.5, "café \\xe9", 0.5]
    assert {"found.nothing", "found.nan"}.isdisjoint(row.index)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (object(), "is a object, which is no value of a column"),
        ({"a": {"b": 1}}, "'a' is a dict"),
        (2**70, "more than 64 bits"),
        (math.inf, "is infinite"),
        ({"a b": 1}, "No column can be called 'a b'"),
        ({"video_id": 1}, "No column can be called 'video_id'"),
        ([{"n": 1}], "No column can be called 'n'"),
        ({"A": 1, "a": 2}, "differ by case alone"),
        ([{"a": 1}, 2], "a row is a int"),
        (b"bytes", "is a bytes"),
    ],
)
def test_what_no_column_can_hold_fails_that_file_alone(shelf: Any, answer: Any, said: str) -> None:
    report = shelf.map(lambda path: answer if "bb" in path else 1)
    assert (report.done, report.failed) == (3, 1)
    (error,) = shelf.library.map_failures("found")["error"]
    assert said in error
    assert shelf.values()["a.mp4"] == 1


def test_a_key_may_be_called_as_rows_are_counted(shelf: Any) -> None:
    assert shelf.map(lambda _path: {"n": 3}).failed == 0
    assert {*shelf.library.videos(with_=["found"])["found.n"]} == {3}


def test_a_whole_number_becomes_a_number_when_one_is_none(shelf: Any) -> None:
    shelf.map(lambda path: 0.5 if "ccc" in path else 1, workers=1)
    assert shelf.values() == {"a.mp4": 1.0, "bb.mp4": 1.0, "ccc.mp4": 0.5}
    assert str(shelf.library.videos(with_=["found"])["found"].dtype) == "Float64"


def test_another_kind_than_until_now_fails_that_file(shelf: Any) -> None:
    report = shelf.map(lambda path: "three" if "ccc" in path else 1, workers=1)
    assert report.failed == 1
    (failure,) = shelf.library.map_failures("found").to_dict("records")
    assert failure["error_class"] == "type"
    assert "was a whole number until now, and here it is text" in failure["error"]


def test_a_key_may_come_later_and_stay_away(shelf: Any) -> None:
    shelf.map(lambda path: {"b": 2} if "bb" in path else {"a": 1}, workers=1)
    assert shelf.values("found.a") == {"a.mp4": 1, "bb.mp4": None, "ccc.mp4": 1}
    assert shelf.values("found.b") == {"a.mp4": None, "bb.mp4": 2, "ccc.mp4": None}


def test_another_version_may_answer_in_another_kind(shelf: Any) -> None:
    shelf.map(lambda _path: 1)
    shelf.map(lambda path: Path(path).name, version=2)
    assert shelf.values() == {name: name for name in NAMES}


def test_columns_can_be_stated_with_unit_and_meaning(shelf: Any) -> None:
    stated = {"lufs": ("Float64", "LUFS", "How loud it is.")}
    shelf.map(lambda _path: {"lufs": -23}, columns=stated)
    told = shelf.library.completions()["found.lufs"]
    assert (told.kind, told.unit, told.doc) == ("number", "LUFS", "How loud it is.")
    with pytest.raises(BadArgument, match="a dictionary of dtypes"):
        shelf.map(lambda _path: 1, columns={"value": "int"})
    with pytest.raises(JobFailed, match="columns= does not fit 'found'"):
        shelf.map(lambda _path: {"lufs": "loud"}, columns={"lufs": "string"})


def test_a_stated_column_is_never_widened(shelf: Any) -> None:
    shelf.map(lambda path: 0.5 if "a." in path else 1, columns={"value": "Int64"})
    assert shelf.failures() == {"a.mp4": "type"}


class Loudness(TypedDict):
    lufs: float
    is_loud: bool | None


@dataclasses.dataclass
class Shape:
    sides: int
    names: list[str]


def test_annotations_tell_the_columns_before_anything_is_run(shelf: Any) -> None:
    def loudness(_path: str) -> Loudness:
        return {"lufs": -23, "is_loud": None}

    def shape(_path: str) -> Shape:
        return Shape(3, ["eng"])

    assert {name: one.dtype for name, one in answers_of(loudness).items()} == {
        "lufs": "Float64",
        "is_loud": "boolean",
    }
    shelf.map(shape)
    assert shelf.values("found.sides") == dict.fromkeys(NAMES, 3)
    assert answers_of(lambda path: path) == {}


def test_rows_have_a_frame_of_their_own(shelf: Any) -> None:
    def spans(path: str) -> Iterator[dict[str, Any]]:
        for second in range(len(Path(path).stem)):
            yield {"kind": "black", "start_s": float(second)}

    shelf.map(spans, "spans")
    rows = shelf.library.map_rows("spans")
    assert [*rows.columns] == ["video_id", "path", "n", "kind", "start_s"]
    assert [*rows["start_s"]] == [0.0, 0.0, 1.0, 0.0, 1.0, 2.0]
    assert shelf.values("spans.n_rows", "spans") == {"a.mp4": 1, "bb.mp4": 2, "ccc.mp4": 3}
    total = shelf.library.sql("select sum(start_s) as s from spans_rows")
    assert [*total["s"]] == [4.0]
    shelf.map(lambda path: [{"kind": "none", "start_s": 0.0}][: "bb" in path], "spans", version=2)
    assert [*shelf.library.map_rows("spans")["kind"]] == ["none"]


def test_an_empty_list_is_no_rows_or_no_texts(shelf: Any) -> None:
    shelf.map(lambda path: ["eng"] if "a." in path else [], workers=1)
    assert [list(one) for one in shelf.values().values()] == [["eng"], [], []]


def test_code_is_told_apart_by_what_it_does() -> None:
    def once(path: str, more: int = 1) -> int:
        return len(path) + more

    def again(path: str, more: int = 2) -> int:
        return len(path) + more

    one, two = closure(), closure()
    assert code_of(one) == code_of(two)
    assert code_of(once) != code_of(again)
    assert code_of(Counter(1).size) != code_of(Counter(2).size)
    assert code_of(partial(size_and, 1)) != code_of(partial(size_and, 2))
    assert len({code_of(len), code_of(print)}) == 2


NOTEBOOK = """
import sys, pathlib
sys.path.insert(0, "")
import beside
from stoat_nb import Library
library = Library("library.db")
def mine(path):
    return beside.measure(path) + offset
offset = 1
job = library.map(mine, name="mine")
assert job.result(60).failed == 0, library.map_failures("mine")["error"][0]
print(*sorted(library.videos(with_=["mine"])["mine"]))
library.close()
"""


def test_a_script_may_map_its_own_function_and_a_module_beside_it(
    shelf: Any, tmp_path: Path
) -> None:
    shelf.library.close()
    (tmp_path / "beside.py").write_text("def measure(path):\n    return len(open(path).read())\n")
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "6 7 8\n", done.stderr
