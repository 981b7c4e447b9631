"""Scans: find, probe and catalogue the videos of one folder."""

from __future__ import annotations

from stoat_nb.media.rules import FollowLinks
from stoat_nb.scan.folder import check_folder, check_roots
from stoat_nb.scan.handler import SCAN_JOB_TYPE, make_scan_handler
from stoat_nb.scan.report import ScanReport
from stoat_nb.scan.request import (
    DEFAULT_MODE,
    MODES,
    SCAN_LOCK,
    ScanMode,
    retry_payloads,
    scan_payload,
)

__all__ = [
    "DEFAULT_MODE",
    "MODES",
    "SCAN_JOB_TYPE",
    "SCAN_LOCK",
    "FollowLinks",
    "ScanMode",
    "ScanReport",
    "check_folder",
    "check_roots",
    "make_scan_handler",
    "retry_payloads",
    "scan_payload",
]
