"""Requests made up from the page's own description of its API: none of them may break it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

HOST = "127.0.0.1:8710"
EXAMPLES = 80  # for each operation, half of them as described and half not
pytestmark = pytest.mark.slow


def operations(app: FastAPI) -> dict[str, Any]:
    import schemathesis

    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app  # called as an ASGI application
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def test_no_request_breaks_the_page(app: FastAPI, client: TestClient) -> None:
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode

    headers = {"Host": HOST, "X-CSRF-Token": client.headers["X-CSRF-Token"]}
    cookies = dict(client.cookies)
    started = time.monotonic()
    for operation in operations(app).values():
        cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=cases)
        def none_breaks_it(case: Any) -> None:
            answer = case.call(base_url=f"http://{HOST}", headers=headers, cookies=cookies)
            case.validate_response(answer, checks=[not_a_server_error])
            assert answer.status_code not in (401, 403, 421)  # it came past the guard

        none_breaks_it()
    assert time.monotonic() - started < 60


def test_everything_that_the_script_asks_for_is_described(app: FastAPI) -> None:
    assert {"POST /api/act", "POST /api/undo", "POST /api/redo", "GET /api/units/{key}/why"} <= set(
        operations(app)
    )
