"""Runs a state machine so often, the same way each time."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_machine(make: Callable[[], RuleBasedStateMachine], *, machines: int, steps: int) -> None:
    """Run so many machines of so many steps."""
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=machines,
            stateful_step_count=steps,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
