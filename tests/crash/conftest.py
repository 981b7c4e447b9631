"""Makes the package ``harness`` importable, as ``scripts/crash`` does for the command."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
