"""Posters and contact sheets: made when they are asked for, in a process of their own, and kept."""

from __future__ import annotations

from stoat_nb.pictures.cache import PictureCache
from stoat_nb.pictures.pictures import Picture, Pictures

__all__ = ["Picture", "PictureCache", "Pictures"]
