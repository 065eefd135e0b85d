"""Callbacks of wandb for other libraries, as far as scripts import them."""
