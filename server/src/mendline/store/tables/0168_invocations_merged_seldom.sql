-- As of spans.
ALTER TABLE invocations MODIFY SETTING merge_selector_base = 10
