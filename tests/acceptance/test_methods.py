"""A path asked with the wrong method says so, with the right ones, in the form of the path's answers."""

from __future__ import annotations

import httpx
import pytest

PATHS = [
    ("web", "/functions", "text/html"),
    ("web", "/functions.json", "application/json"),
    ("web", "/api/v1/functions", "application/json"),
    ("web", "/healthz", "application/json"),
    ("otlp", "/readyz", "application/json"),
    ("web", "/metrics", "application/json"),
]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(("port", "path", "form"), PATHS)
def test_wrong_method_is_said_with_the_right_ones(server, method, port, path, form):
    answer = httpx.request(method, getattr(server, port) + path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"].startswith(form)
    assert f"{method} is not answered at {path}; use GET, HEAD." in answer.text


@pytest.mark.parametrize(("port", "path", "form"), PATHS)
def test_head_answers_as_get_without_a_body(server, port, path, form):
    answer = httpx.head(getattr(server, port) + path)
    assert (answer.status_code, answer.content) == (200, b"")
