-- How many of the errors that are stored have no kind.
SELECT count() AS errors FROM errors WHERE errors.kind = ''
