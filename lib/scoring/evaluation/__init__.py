"""How right scorers are, measured on labelled texts and published with the package. It does not score or train."""
