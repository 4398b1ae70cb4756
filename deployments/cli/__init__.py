"""The command `insitechart`: one module a command, each loaded only when it is called."""
