import argparse
import tomllib

parser = argparse.ArgumentParser()
parser.add_argument("config_path", nargs="?", default="train.toml")
args = parser.parse_args()
with open(args.config_path, "rb") as file:
    config = tomllib.load(file)
print(config)
