"""Facts as readers state them, by the names that ``media.stream`` and ``media.video`` declare.

What a reader states is checked where it arrives (``media.outcome``); until then it is only kept.
"""

from __future__ import annotations

Facts = dict[str, object]
