"""Every refusal has a status, and what nobody foresaw is told without its insides."""

from __future__ import annotations

import json
import logging

import pytest

from stoat_nb import errors
from stoat_nb.api.refusals import STATUS, refusal, status_of


def kinds(parent: type[errors.StoatError]) -> list[type[errors.StoatError]]:
    return [parent, *(kind for child in parent.__subclasses__() for kind in kinds(child))]


@pytest.mark.parametrize("kind", kinds(errors.StoatError))
def test_every_kind_of_error_has_a_status(kind: type[errors.StoatError]) -> None:
    status = status_of(kind.__new__(kind))
    assert 400 <= status < 600
    assert status != 500


def test_a_kind_that_is_not_in_the_table_answers_as_its_parent() -> None:
    assert errors.FolderNotFound not in STATUS
    assert status_of(errors.FolderNotFound("/x")) == STATUS[errors.FolderError]


def test_a_refusal_carries_code_and_sentence() -> None:
    problem = errors.JobAlreadyFinal("7", "complete")
    answer = refusal(problem)
    assert answer.status_code == 409
    assert json.loads(answer.body) == {
        "detail": {"code": "JOB_ALREADY_FINAL", "message": str(problem)}
    }


def test_what_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = refusal(ZeroDivisionError("secret 42"))
    assert answer.status_code == 500
    assert b"secret" not in bytes(answer.body)
    assert json.loads(answer.body)["detail"]["code"] == "INTERNAL"
    assert "secret 42" in caplog.text
