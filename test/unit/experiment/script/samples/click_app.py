import click
import mlflow

OPTIMIZERS = ["adam", "sgd", "rmsprop"]


@click.command(help="Trains a model.")
@click.argument("data", type=click.Path(), default="wine-quality.csv")
@click.option("--epochs", default=100, help="Maximum number of epochs.")
@click.option("--learning-rate", "-l", "lr", type=float, default=1e-2, show_default=True, help="Learning rate.")
@click.option("--optimizer", type=click.Choice(OPTIMIZERS, case_sensitive=False), default="adam")
@click.option("--dropout", type=click.FloatRange(0, 0.9), default=0.2)
@click.option("--depth", type=click.IntRange(min=1, max=6), default=3)
@click.option("--shuffle/--no-shuffle", default=True, help="Shuffle the data.")
@click.option("--verbose", is_flag=True)
@click.option("--layer", "layers", multiple=True, type=int, default=[64, 32])
@click.option("--betas", nargs=2, type=float, default=(0.9, 0.999))
@click.option("--seed", default=97531, type=click.INT)
@click.option("--model-dir", type=str, default=None)
def run(data, epochs, lr, optimizer, dropout, depth, shuffle, verbose, layers, betas, seed, model_dir):
    mlflow.log_metric("val_rmse", 0.7)


if __name__ == "__main__":
    run()
