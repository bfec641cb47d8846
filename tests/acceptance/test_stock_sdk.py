"""The stock OpenTelemetry Python SDK, with its OTLP/HTTP exporter and its defaults, shows up as traces."""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from waiting import eventually


def test_spans_of_the_stock_sdk_are_shown_as_they_were_recorded(server, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.otlp)
    provider = TracerProvider(resource=Resource.create({"service.name": "billing"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("GET /bill", kind=SpanKind.SERVER) as root:
        root.set_attribute("items", ["a", "b"])
        with tracer.start_as_current_span("query", kind=SpanKind.CLIENT) as child:
            child.record_exception(ValueError("no such bill"))
            child.set_status(StatusCode.ERROR, "failed")
    assert provider.force_flush(20_000)
    provider.shutdown()

    trace_id = f"{root.get_span_context().trace_id:032x}"
    trace = eventually(lambda: server.get_json(f"/api/v1/traces/{trace_id}"))
    first, second = trace["spans"]
    assert (first["name"], first["kind"], first["service"]) == ("GET /bill", "server", "billing")
    assert first["attributes"]["items"] == '["a","b"]'
    assert (second["name"], second["depth"], second["status"]) == ("query", 1, "error")
    assert second["events"][0]["attributes"]["exception.message"] == "no such bill"
    assert any(item["trace_id"] == trace_id for item in server.get_json("/traces.json")["traces"])


def test_default_endpoint_of_the_sdk_is_our_default_port():
    from mendline.settings import load

    assert OTLPSpanExporter()._endpoint == f"http://localhost:{load(environ={}).otlp_http}/v1/traces"
