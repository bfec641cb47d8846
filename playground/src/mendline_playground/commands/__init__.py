"""The subcommands of `mendline-playground`, one module each."""
