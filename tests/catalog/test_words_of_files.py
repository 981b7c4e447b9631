"""What files say of themselves is kept: chapters, tags, and the reader's own words."""

from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import UnknownVideo

from .looking import frame_of_table, frame_of_videos


def test_chapters_and_tags_come_back_in_their_order(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok())
    chapters, tags = frame_of_table(catalog, "chapters"), frame_of_table(catalog, "tags")
    assert chapters["n"].tolist() == [1, 2]
    assert chapters["title"].tolist()[0] == "Dawn"
    assert chapters["end_s"].isna().tolist() == [False, True]
    assert tags["key"].tolist() == ["comment", "handler"]
    assert tags["idx"].isna().tolist() == [True, False]


def test_the_readers_own_words_are_kept(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(), filling.bad())
    ok, bad = frame_of_videos(catalog)["video_id"]
    assert catalog.document(ok) == {"format": {"nb_streams": 2}}
    assert catalog.document(bad) is None
    with pytest.raises(UnknownVideo, match="video 99"):
        catalog.document(99)


def test_a_file_read_again_keeps_nothing_of_the_old_words(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok())
    filling.record(filling.ok(video=filling.video(chapters=(), tags=(), document=None)))
    assert frame_of_table(catalog, "chapters").empty
    assert frame_of_table(catalog, "tags").empty
    assert catalog.document(frame_of_videos(catalog)["video_id"][0]) is None


def test_a_failed_file_is_of_unknown_integrity(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(), filling.bad())
    frame = frame_of_videos(catalog).set_index("status")
    assert frame.loc["ok", ["integrity", "integrity_level"]].tolist() == ["complete", "structure"]
    assert frame.loc["failed", ["integrity", "integrity_level"]].tolist() == ["unknown", "none"]
