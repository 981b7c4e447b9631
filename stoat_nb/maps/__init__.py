"""Maps: functions of people's own, run over videos, whose answers become columns."""

from __future__ import annotations

from stoat_nb.maps.handler import MAP_JOB_TYPE, MAP_LOCK, make_map_handler
from stoat_nb.maps.report import MapReport
from stoat_nb.maps.request import map_request

__all__ = ["MAP_JOB_TYPE", "MAP_LOCK", "MapReport", "make_map_handler", "map_request"]
