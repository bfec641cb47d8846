"""The files of the runtime inside an environment."""
