-- All halves, in the order of now.
INSERT INTO execution_halves_anew SELECT * FROM execution_halves
