"""The vocabulary as types: frozen structs and pure rules. Imports the standard library and msgspec, nothing else."""
