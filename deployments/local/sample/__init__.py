"""The sample archive and the programs that wrote it. All of it is invented; how it is loaded is not known here."""
