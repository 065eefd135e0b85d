"""OmegaConf without Hydra: configurations that the program itself loads, merges or reads from its arguments."""
from ._program import called_by_program

MODULES = ("omegaconf.omegaconf",)


def install(module, sink):
    kind = module.OmegaConf

    def made(result, _args, _kwargs):
        if called_by_program("omegaconf") and hasattr(result, "items"):
            values = kind.to_container(result, resolve=True, throw_on_missing=False)
            # A merge comes after the parts that it is made of.
            sink.params("omegaconf", values, anew=True)

    for name in ("load", "from_cli", "merge", "unsafe_merge"):
        original = getattr(kind, name)
        sink.around(kind, name, "omegaconf", after=made)
        setattr(kind, name, staticmethod(getattr(kind, name)) if getattr(kind, name) is not original else original)
