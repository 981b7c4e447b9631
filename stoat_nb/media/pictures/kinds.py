"""The pictures that can be asked for."""

from __future__ import annotations

#: One picture that stands for the video, a small one for a row of a table, or a sheet of several.
POSTER, THUMBNAIL, SHEET = "poster", "thumbnail", "contact-sheet"
#: Seconds from which on a sheet shows more than one picture.
SHEET_FROM_S = 4.0
