-- Of an invocation: whether the spans of its calls stayed behind by sampling, so that its summary alone tells of them.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS unsent Bool DEFAULT attributes['mendline.sampled'] = 'false'
