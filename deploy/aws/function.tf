# A function with the agent, for Terraform. Build the layer first: mendline layer build --output mendline-layer.zip
# The function's code and its handler stay as they are: a layer and two variables are all.

variable "endpoint" {
  type        = string
  description = "Address of Mendline's OTLP port, without a path."
}

variable "ingest_key" {
  type        = string
  sensitive   = true
  description = "A key of Mendline with the scope ingest (mendline keys create --scope ingest)."
}

variable "role_arn" {
  type        = string
  description = "The function's execution role; the agent needs no permission of its own."
}

resource "aws_lambda_layer_version" "mendline" {
  layer_name               = "mendline"
  filename                 = "${path.module}/mendline-layer.zip"
  source_code_hash         = filebase64sha256("${path.module}/mendline-layer.zip")
  compatible_runtimes      = ["python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"]
  compatible_architectures = ["x86_64", "arm64"]
}

resource "aws_lambda_function" "checkout" {
  function_name    = "checkout"
  role             = var.role_arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "${path.module}/checkout.zip"
  source_code_hash = filebase64sha256("${path.module}/checkout.zip")
  timeout          = 10
  memory_size      = 256
  layers           = [aws_lambda_layer_version.mendline.arn]

  tracing_config {
    mode = "Active"
  }

  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER     = "/opt/mendline"
      OTEL_EXPORTER_OTLP_ENDPOINT = var.endpoint
      OTEL_EXPORTER_OTLP_HEADERS  = "authorization=Bearer%20${var.ingest_key}"
      MENDLINE_EXPORT             = "extension" # http: before the response; log: lines in the log, no network
    }
  }
}
