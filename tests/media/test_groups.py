"""Parts of one recording or disc: grouped where nothing is left to doubt, and not where it is."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.groups import Group, Part, groups_of

FOUR_GB = 2**32 - 2**20
FORM = ("mp4", "h264", 1920, 1080, "aac")


def part(
    name: str,
    video_id: int = 0,
    *,
    size: int = 1000,
    lasts: float | None = 60.0,
    at: float | None = None,
    mtime: float = 0.0,
    form: tuple[object, ...] = FORM,
) -> Part:
    return Part(video_id or zlib.crc32(name.encode()), name, size, mtime, lasts, at, form)


def told(groups: Iterable[Group]) -> dict[tuple[str, ...], tuple[str, tuple[int, ...]]]:
    return {
        tuple(one.name for _number, one in group.parts): (
            group.kind,
            tuple(number for number, _one in group.parts),
        )
        for group in groups
    }


def named(*names: str, folder: str = "/v") -> dict[tuple[str, ...], tuple[str, tuple[int, ...]]]:
    return told(groups_of(folder, [part(name) for name in names]))


@pytest.mark.parametrize(
    ("names", "kind", "numbers"),
    [
        (("GH010123.MP4", "GH020123.MP4", "GH030123.MP4"), "gopro", (1, 2, 3)),
        (("GX010001.MP4", "GX020001.MP4"), "gopro", (1, 2)),
        (("GOPR0123.MP4", "GP010123.MP4", "GP020123.MP4"), "gopro", (1, 2, 3)),
        (("GS010042.360", "GS020042.360"), "gopro", (1, 2)),
        (("GL020042.LRV", "GL030042.LRV"), "gopro", (2, 3)),
        (("VTS_01_1.VOB", "VTS_01_2.VOB", "VTS_01_3.VOB"), "dvd", (1, 2, 3)),
        (("vts_12_1.vob", "vts_12_2.vob"), "dvd", (1, 2)),
    ],
)
def test_names_that_are_a_formats_own_word_for_parts_are_a_group(
    names: tuple[str, ...], kind: str, numbers: tuple[int, ...]
) -> None:
    assert named(*names, "else.mp4", "VTS_01_0.VOB") == {names: (kind, numbers)}


def test_each_recording_and_each_title_set_is_a_group_of_its_own() -> None:
    found = named(
        *("GH010001.MP4", "GH020001.MP4", "GH010002.MP4", "GH020002.MP4", "GX010001.MP4"),
        *("VTS_01_1.VOB", "VTS_01_2.VOB", "VTS_02_1.VOB", "VTS_02_2.VOB", "VIDEO_TS.VOB"),
    )
    assert set(found) == {
        ("GH010001.MP4", "GH020001.MP4"),
        ("GH010002.MP4", "GH020002.MP4"),
        ("VTS_01_1.VOB", "VTS_01_2.VOB"),
        ("VTS_02_1.VOB", "VTS_02_2.VOB"),
    }


def test_the_streams_of_a_disc_are_a_group_in_the_folder_of_a_disc_alone() -> None:
    names = ("00000.m2ts", "00001.m2ts", "00800.m2ts")
    assert named(*names, folder="/films/X/BDMV/STREAM") == {names: ("bluray", (0, 1, 800))}
    assert named(*names, folder="/films/bdmv/stream/") == {names: ("bluray", (0, 1, 800))}
    assert named(*names, folder="/films/STREAM") == {}


@pytest.mark.parametrize(
    "names",
    [
        ("GH010123.MP4", "GH030123.MP4"),  # the chapter between them is not there
        ("GH010123.MP4", "GX020123.MP4"),  # coded otherwise
        ("GH010123.MP4", "GH020124.MP4"),
        ("GH010123.MP4", "GH020123.LRV"),
        ("GH010123.MP4",),
        ("VTS_01_0.VOB", "VTS_01_1.VOB"),  # the menu is no part
        ("film part 1.mp4", "film part 2.mp4"),
        ("S01E01.mkv", "S01E02.mkv"),
    ],
)
def test_names_that_leave_a_doubt_are_no_group(names: tuple[str, ...]) -> None:
    assert named(*names) == {}


def test_chapters_of_another_form_or_another_day_are_no_group() -> None:
    first = part("GH010123.MP4", at=1000.0)
    for other in (
        part("GH020123.MP4", form=("mp4", "hevc", 3840, 2160, "aac")),
        part("GH020123.MP4", at=90_000.0),
        part("GH020123.MP4", at=500.0),
    ):
        assert groups_of("/v", [first, other]) == []
    for other in (part("GH020123.MP4", at=1000.0), part("GH020123.MP4", at=1060.0)):
        assert len(groups_of("/v", [first, other])) == 1


def splits(*names: str, size: int = FOUR_GB, gap: float = 0.0, dated: bool = True) -> list[Part]:
    lasts, starts = 700.0, [at * (700.0 + gap) for at in range(len(names))]
    return [
        part(
            name,
            size=size if name != names[-1] else 5_000_000,
            lasts=lasts,
            at=at if dated else None,
            mtime=at + lasts,
        )
        for name, at in zip(names, starts, strict=True)
    ]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    ("names", "size"),
    [
        (("MVI_1234.MOV", "MVI_1235.MOV", "MVI_1236.MOV"), FOUR_GB),
        (("MVI_0001.MP4", "MVI_0001_1.MP4", "MVI_0001_2.MP4"), FOUR_GB),
        (("DJI_0099.MP4", "DJI_0100.MP4"), 3_990_000_000),
        (("00003.MTS", "00004.MTS"), 2**31 - 3_000_000),
        (("P1000009.MP4", "P1000010.MP4"), FOUR_GB),
    ],
)
def test_files_that_a_full_one_was_followed_by_are_a_group(
    names: tuple[str, ...], size: int, dated: bool
) -> None:
    numbers = tuple(range(1, len(names) + 1))
    assert told(groups_of("/v", splits(*names, size=size, dated=dated))) == {
        names: ("split", numbers)
    }


@pytest.mark.parametrize(
    ("size", "gap"), [(3_000_000_000, 0.0), (FOUR_GB, 30.0), (FOUR_GB, -30.0), (2**33, 0.0)]
)
@pytest.mark.parametrize("names", [("A_1.MP4", "A_2.MP4"), ("A.MP4", "A_1.MP4")])
def test_files_that_were_not_full_or_not_right_behind_are_no_group(
    names: tuple[str, ...], size: int, gap: float
) -> None:
    assert groups_of("/v", splits(*names, size=size, gap=gap)) == []


def minutes(pattern: str, *lasts: float, gap: float = 0.0) -> list[Part]:
    made, at = [], 12 * 3600.0
    for number, each in enumerate(lasts, 1):
        h, m, s = int(at) // 3600, int(at) // 60 % 60, int(at) % 60
        name = pattern.format(h=h, m=m, s=s, n=number)
        made.append(part(name, number, lasts=each))
        at += each + gap
    return made


PATTERNS = [
    "20230501_{h:02}{m:02}{s:02}_NF.mp4",
    "2023_0501_{h:02}{m:02}{s:02}_{n:04}F.MP4",
    "NO20230501-{h:02}{m:02}{s:02}-{n:06}F.MP4",
    "2023-05-01_{h:02}-{m:02}-{s:02}-front.mp4",
    "REC_2023_05_01_{h:02}_{m:02}_{s:02}_F.MP4",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_minutes_of_a_dashcam_that_follow_each_other_are_a_group(pattern: str) -> None:
    parts = minutes(pattern, 60.0, 60.1, 60.0, 22.0)
    assert told(groups_of("/v", parts)) == {
        tuple(one.name for one in parts): ("loop", (1, 2, 3, 4))
    }


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    "parts", [(60.0, 60.0, 60.0, 10.0), (37.0, 21.0), (37.0, 37.0), (20.0, 60.0, 60.0)]
)
def test_clips_with_time_between_them_or_of_any_length_are_no_group(
    pattern: str, parts: tuple[float, ...]
) -> None:
    gap = 30.0 if len(parts) > 3 else 0.0
    found = groups_of("/v", minutes(pattern, *parts, gap=gap))
    assert all(len(group.parts) < len(parts) for group in found)
    if len(parts) != 3:
        assert found == []


def test_two_cameras_at_once_are_two_groups() -> None:
    front, rear = (minutes(f"20230501_{{h:02}}{{m:02}}{{s:02}}_{at}.mp4", 60, 60) for at in "FR")
    both = [one._replace(video_id=at) for at, one in enumerate([*front, *rear])]
    assert len(groups_of("/v", both)) == 2


_WORDS = st.sampled_from(
    [f"{word}000{at}.MP4" for word in ("GH01", "GH02", "GP01", "GOPR", "MVI_") for at in (1, 2)]
    + ["VTS_01_1.VOB", "VTS_01_2.VOB", "A.MP4", "A_1.MP4", "A_1_1.MP4", "20230501_120000.mp4"]
    + ["20230501_120100.mp4", "00001.m2ts", "00002.m2ts"]
)
_PARTS = st.lists(
    st.builds(
        part,
        _WORDS,
        size=st.sampled_from([10, FOUR_GB]),
        lasts=st.sampled_from([None, 60.0, 700.0]),
        at=st.sampled_from([None, 0.0, 60.0, 700.0]),
        form=st.sampled_from([FORM, ("mov",)]),
    ),
    max_size=8,
    unique_by=lambda one: one.name,
)


@given(_PARTS, st.sampled_from(["/v", "/v/BDMV/STREAM"]), st.randoms())
def test_a_file_is_part_of_one_group_at_most_and_the_order_of_files_is_nothing(
    parts: list[Part], folder: str, random: object
) -> None:
    found = groups_of(folder, parts)
    ids = [one.video_id for group in found for _number, one in group.parts]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {one.video_id for one in parts}
    for group in found:
        numbers = [number for number, _one in group.parts]
        assert len(numbers) > 1
        assert numbers == sorted(set(numbers))
        if group.kind != "bluray":
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert len({one.form for _number, one in group.parts}) == 1
    random.shuffle(parts)  # type: ignore[attr-defined]
    assert groups_of(folder, parts) == found
