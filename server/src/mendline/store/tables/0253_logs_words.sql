-- The words of bodies in small letters of any alphabet; before, only those of ASCII were made small.
ALTER TABLE logs
    DROP INDEX IF EXISTS body_words,
    ADD INDEX IF NOT EXISTS body_words_small lowerUTF8(body) TYPE text(tokenizer = splitByNonAlpha)
