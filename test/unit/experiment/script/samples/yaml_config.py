import argparse

import yaml


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", "--config", type=str, default="experiment.yaml", help="path of the configuration")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with open(args.config) as file:
        config = yaml.safe_load(file)
    print("val_loss", config["optimizer"]["lr"])


if __name__ == "__main__":
    main()
