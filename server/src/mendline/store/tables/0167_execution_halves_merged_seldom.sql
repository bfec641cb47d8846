-- As of spans.
ALTER TABLE execution_halves MODIFY SETTING merge_selector_base = 10
