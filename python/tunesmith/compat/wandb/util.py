"""``wandb.util``, as far as scripts call it."""
import os


def generate_id(length=8):
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[byte % len(letters)] for byte in os.urandom(length))
