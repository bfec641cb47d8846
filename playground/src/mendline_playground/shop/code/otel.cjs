// OpenTelemetry as its own documentation sets it up for Lambda; none of Mendline's code. The instrumentation flushes
// at the end of each invocation, because a frozen environment sends nothing.
const { AwsInstrumentation } = require("@opentelemetry/instrumentation-aws-sdk");
const { AwsLambdaInstrumentation } = require("@opentelemetry/instrumentation-aws-lambda");
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");
const { W3CTraceContextPropagator } = require("@opentelemetry/core");
const { awsLambdaDetector } = require("@opentelemetry/resource-detector-aws");
const { defaultResource, detectResources, envDetector } = require("@opentelemetry/resources");
const { registerInstrumentations } = require("@opentelemetry/instrumentation");

const provider = new NodeTracerProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector, awsLambdaDetector] })),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register({ propagator: new W3CTraceContextPropagator() });
registerInstrumentations({
  tracerProvider: provider,
  instrumentations: [
    new AwsLambdaInstrumentation({ lambdaHandler: process.env.SHOP_HANDLER }),
    new AwsInstrumentation({ suppressInternalInstrumentation: true }), // its HTTP requests are no calls of their own
    new HttpInstrumentation(),
  ],
});
