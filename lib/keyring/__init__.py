"""The installation's secret keys: what signs, what only verifies any more, and how both are told apart by purpose."""
