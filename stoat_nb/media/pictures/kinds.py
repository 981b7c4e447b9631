"""The pictures that can be asked for."""

from __future__ import annotations

#: One picture that stands for the video, or a sheet of several.
POSTER, SHEET = "poster", "contact-sheet"
#: Seconds from which on a sheet shows more than one picture.
SHEET_FROM_S = 4.0
