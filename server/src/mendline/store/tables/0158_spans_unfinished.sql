-- Whether a span was told before it had ended (mendline.unfinished): what counts looks for those that were told again.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS unfinished Bool DEFAULT attributes['mendline.unfinished'] = 'true'
