"""Chaos experiments: kept, run, given to agents under a signature, watched while they run, and scored afterwards."""
