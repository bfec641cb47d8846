"""The questions that Mendline answers, one module a question; pages, API, alerts and commands all ask here."""
