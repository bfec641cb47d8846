-- The type of an error without what it lies in; what stops an execution at its limit has one name, whoever tells of it.
replaceRegexpOne(substringIndex(errors.type, '.', -1), '^[Tt]imed?[Oo]ut$', 'timeout')
