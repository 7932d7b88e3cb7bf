"""The command line: a client of the public Python API."""
