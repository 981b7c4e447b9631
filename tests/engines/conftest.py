"""Makes ``deeds`` importable by name, as any module of a user's own is."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def _load_deeds() -> None:
    spec = spec_from_file_location("deeds", Path(__file__).with_name("deeds.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules["deeds"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["deeds"])


_load_deeds()
