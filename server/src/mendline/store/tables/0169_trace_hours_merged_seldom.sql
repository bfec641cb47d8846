-- As of spans.
ALTER TABLE trace_hours MODIFY SETTING merge_selector_base = 10
