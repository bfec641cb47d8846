-- From now on the copy counts; at no time is there neither.
EXCHANGE TABLES execution_halves AND execution_halves_anew
