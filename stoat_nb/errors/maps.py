"""What is wrong with a function that is to be run over videos, or with its answers."""

from __future__ import annotations

from stoat_nb.errors.base import StoatError
from stoat_nb.names import shown


class UnknownAnalysis(StoatError, LookupError):
    """No analysis has this name."""

    def __init__(self, name: object, hint: str) -> None:
        super().__init__(f"There is no analysis '{shown(name)}'. {hint}")


class AnalysisBusy(StoatError):
    """An analysis is being run, or waits for it."""

    code = "ANALYSIS_BUSY"

    def __init__(self, name: object, job_id: object) -> None:
        super().__init__(
            f"The analysis '{shown(name)}' is being run by job '{shown(job_id)}'. Wait for it, or "
            "cancel it first."
        )


class MapRefused(StoatError):
    """A function in a library that is not known to be this user's own."""

    code = "MAP_REFUSED"

    def __init__(self, name: object, *, is_there: bool) -> None:
        reason = "was not put there by you" if is_there else "is not there any more"
        super().__init__(
            f"The function of '{shown(name)}' in the library {reason}, so it is not run. Call "
            "library.map again with your own."
        )
