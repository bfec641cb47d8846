"""The `mendline` command: one subcommand a module; exit status 0 done, 1 bad news, 2 wrong usage or could not run."""
