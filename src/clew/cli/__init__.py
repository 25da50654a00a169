"""The command line: one file per command; a half of clew is imported only when its command runs."""
