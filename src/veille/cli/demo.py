import click


@click.command()
def demo() -> None:
    raise NotImplementedError
