"""What a catalog says, as frames, which tests compare with ease."""

from __future__ import annotations

import pandas as pd

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.frames import frame_of
from stoat_nb.catalog.query import VideoQuery


def frame_of_table(catalog: Catalog, name: str) -> pd.DataFrame:
    return frame_of(TABLES[name], catalog.reader.table(name))


def frame_of_videos(catalog: Catalog, query: VideoQuery | None = None) -> pd.DataFrame:
    return frame_of(TABLES["videos"], catalog.reader.videos(query))


def frame_of_page(catalog: Catalog, query: VideoQuery) -> pd.DataFrame:
    return frame_of(TABLES["videos"], catalog.reader.page(query))
