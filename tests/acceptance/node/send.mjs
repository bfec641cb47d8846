/* One span over protobuf, one over JSON, one log record and one metric, sent as any Node.js program would. */
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const endpoint = process.argv[2];
const resource = resourceFromAttributes({ "service.name": "from-node", "faas.name": "from-node" });
const ids = {};

for (const [name, Exporter] of Object.entries({ protobuf: ProtobufExporter, json: JsonExporter })) {
  const exporter = new Exporter({ url: `${endpoint}/v1/traces` });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const span = provider.getTracer("test").startSpan(name, { kind: SpanKind.SERVER });
  span.setAttributes({ text: "grüße", number: 42, share: 0.5, yes: true, list: ["a", "b"] });
  span.addEvent("halfway", { step: 1 });
  span.recordException(new TypeError("no such thing"));
  span.setStatus({ code: SpanStatusCode.ERROR, message: "failed" });
  span.end();
  ids[name] = span.spanContext().traceId;
  await provider.forceFlush();
  await provider.shutdown();
}

const logs = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${endpoint}/v1/logs` }) })],
});
logs.getLogger("test").emit({
  severityNumber: SeverityNumber.WARN,
  severityText: "WARN",
  body: "stock is low",
  attributes: { sku: "A-1" },
});
await logs.forceFlush();
await logs.shutdown();

const metrics = new MeterProvider({
  resource,
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
      exportIntervalMillis: 60_000,
    }),
  ],
});
const meter = metrics.getMeter("test");
meter.createCounter("orders", { unit: "1" }).add(3, { kind: "express" });
meter.createHistogram("basket", { unit: "EUR" }).record(12.5);
await metrics.forceFlush();
await metrics.shutdown();

console.log(JSON.stringify(ids));
