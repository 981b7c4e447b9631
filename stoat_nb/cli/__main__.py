"""``python -m stoat_nb.cli``: the command line without the installed command."""

from __future__ import annotations

from stoat_nb.cli import main

main()
