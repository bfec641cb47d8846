"""Chaos experiments in a function under the runtime client that Lambda itself runs."""

from __future__ import annotations

import time

import pytest
from chaos_orders import KEY, experiment, header, signed
from lambda_runtime import GOOD


def _ordered(faults, requests, target):
    """A server's answer to an agent: for each invocation after the first one the next of these faults."""

    def answer(request):
        requests.append(request)
        if request.path.endswith("/logs"):
            return 200, {}, b""
        environment, function, _ = request.headers["mendline-chaos"].partition(";")[0].split("/")
        done = sum(1 for one in requests if one.body and one.path.endswith("/traces"))
        now_s, orders = time.time(), []
        if 0 < done <= len(faults):
            order = experiment(now_s=now_s, target=target, **faults[done - 1])
            orders = [{**order, "function": function, "id": f"exp-{done}"}]
        part = signed(environment, orders, issued=now_s)
        return 200, {"mendline-config": header(part, str(len(requests)))}, b""

    return answer


OPTED_IN = {"MENDLINE_CHAOS": "1", "MENDLINE_CHAOS_KEY": KEY, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "32"}
PATIENT = """
    import mendline_agent.export

    mendline_agent.export._MAX_FLUSH_S = 5.0  # also on a busy machine
"""
CALLS = """
    import boto3, requests, os
    from botocore.config import Config

    url = os.environ["SERVICE"]
    session = requests.Session()

    def client(read_s):
        limits = Config(read_timeout=read_s, retries={"total_max_attempts": 2, "mode": "standard"})
        return boto3.client("dynamodb", endpoint_url=url, config=limits, region_name="eu-west-1",
                            aws_access_key_id="x", aws_secret_access_key="y")

    tables = {read_s: client(read_s) for read_s in (0.05, 9)}

    def told(call):
        try:
            return call()
        except Exception as error:
            code = getattr(error, "response", None) or {}
            return f"{type(error).__name__} {code.get('Error', {}).get('Code', '')}".strip()

    def handler(event, context):
        read_s, table = event, tables[event]
        return [
            told(lambda: table.put_item(TableName="t", Item={"id": {"S": "1"}})["ResponseMetadata"]["HTTPStatusCode"]),
            told(lambda: session.get(url, timeout=(9, read_s)).status_code),
        ]
"""
FAULTS = [
    ({"kind": "aws_error", "code": "ProvisionedThroughputExceededException"},
     ["ProvisionedThroughputExceededException ProvisionedThroughputExceededException", 200]),
    ({"kind": "aws_error", "code": "ConditionalCheckFailedException"},
     ["ConditionalCheckFailedException ConditionalCheckFailedException", 200]),
    ({"kind": "aws_error", "code": "AccessDeniedException"}, ["ClientError AccessDeniedException", 200]),
    ({"kind": "connection_refused"}, ["EndpointConnectionError", "ConnectionError"]),
    ({"kind": "dns_failure"}, ["EndpointConnectionError", "ConnectionError"]),
    ({"kind": "connection_reset"}, ["ConnectionClosedError", "ConnectionError"]),
    ({"kind": "no_answer"}, ["ReadTimeoutError", "ReadTimeout"]),
    ({"kind": "latency", "ms": 5000}, ["ReadTimeoutError", "ReadTimeout"]),
    ({"kind": "http_status", "status": 503}, ["ClientError 503", 503]),
]  # fmt: skip


def test_each_fault_is_the_real_thing_to_clients_under_lambda_s_own_client(lambda_run, serve):
    service = serve(lambda request: (200, {"content-type": "application/x-amz-json-1.0"}, b"{}")).url
    requests, faults = [], [fault for fault, _ in FAULTS]
    endpoint = serve(_ordered(faults, requests, {"type": "*"})).url
    events = [9, *(0.05 if fault["kind"] in ("no_answer", "latency") else 9 for fault in faults), 9]
    answers, log = lambda_run(
        {"app.py": PATIENT + CALLS}, events, SERVICE=service, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, **OPTED_IN
    )
    found = [answer for _, answer in answers]
    assert found == [[200, 200], *(expected for _, expected in FAULTS), [200, 200]], log.read_text()


@pytest.mark.parametrize(("kind", "answered", "status"), [("cold_start", 2, 0), ("out_of_memory", 1, -9)])
def test_a_process_ends_as_an_experiment_has_it(lambda_run, serve, kind, answered, status):
    requests = []
    endpoint = serve(_ordered([{"kind": kind}], requests, {"type": "invocation"})).url
    answers, log = lambda_run(
        {"app.py": PATIENT + GOOD}, [{"n": 1}, {"n": 2}, {"n": 3}], expected=answered,
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, **OPTED_IN,
    )  # fmt: skip
    assert lambda_run.started[0][0].wait(20) == status, log.read_text()
    assert [body["got"]["n"] for _, body in answers] == [1, 2][:answered]
    told = b"".join(request.body for request in requests)
    assert (b"mendline.chaos.id" in told, kind.encode() in told) == (True, True)
