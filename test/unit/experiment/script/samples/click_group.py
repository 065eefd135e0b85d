import click


@click.group()
def cli():
    pass


@cli.command()
@click.option("--lr", default=0.1, help="learning rate")
@click.option("--width", default=64)
def train(lr, width):
    click.echo(lr)


@cli.command("eval")
@click.option("--checkpoint", required=True)
def evaluate(checkpoint):
    click.echo(checkpoint)


if __name__ == "__main__":
    cli()
