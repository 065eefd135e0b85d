import json
import sys

with open("settings.json") as file:
    settings = json.load(file)
print(settings["lr"], file=sys.stderr)
