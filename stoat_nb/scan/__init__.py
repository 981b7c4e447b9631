"""The scan: find, probe, catalogue, report."""

from __future__ import annotations

from stoat_nb.scan.folder import check_folder, known_folder
from stoat_nb.scan.handler import SCAN_JOB_TYPE, make_scan_handler
from stoat_nb.scan.report import ScanReport

__all__ = ["SCAN_JOB_TYPE", "ScanReport", "check_folder", "known_folder", "make_scan_handler"]
