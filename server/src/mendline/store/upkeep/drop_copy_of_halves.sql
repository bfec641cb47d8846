-- What is left of halves in another order: of a copy that was cut short, or of before.
DROP TABLE IF EXISTS execution_halves_anew
