"""Does something right after a module was imported, whenever that is."""
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

#: Modules after whose import something is done, and the library here that does it. The modules of this folder say the same as
#: ``MODULES`` (a test compares them): importing all of them to ask would cost more than a program without libraries should pay.
WATCHED = {
    "absl.flags._flagvalues": "absl",
    "accelerate.accelerator": "accelerate",
    "argparse": "argparse",
    "catboost.core": "catboost",
    "click.core": "click",
    "comet_ml": "comet",
    "draccus.argparsing": "draccus",
    "fastai.learner": "fastai",
    "fire.core": "fire",
    "hydra.core.utils": "hydra",
    "jsonargparse._core": "jsonargparse",
    "jsonargparse.core": "jsonargparse",
    "keras.engine.training": "keras",
    "keras.src.engine.training": "keras",
    "keras.src.models.model": "keras",
    "lightgbm.engine": "lightgbm",
    "lightgbm.sklearn": "lightgbm",
    "lightning.pytorch.loggers.csv_logs": "lightning",
    "lightning.pytorch.trainer.trainer": "lightning",
    "mlflow.tracking.client": "mlflow",
    "omegaconf.omegaconf": "omegaconf",
    "pyrallis.argparsing": "draccus",
    "pytorch_lightning.loggers.csv_logs": "lightning",
    "pytorch_lightning.trainer.trainer": "lightning",
    "sklearn.base": "sklearn",
    "sklearn.metrics": "sklearn",
    "sklearn.model_selection": "sklearn",
    "tensorboardX.writer": "tensorboard",
    "torch.optim.optimizer": "torch",
    "torch.utils.tensorboard.writer": "tensorboard",
    "tqdm.std": "tqdm",
    "trackio": "trackio",
    "trackio.run": "trackio",
    "transformers.integrations.integration_utils": "transformers",
    "transformers.trainer": "transformers",
    "typer._click.core": "click",
    "tyro._cli": "tyro",
    "wandb": "wandb",
    "wandb.sdk.lib.noop_run": "wandb",
    "wandb.sdk.wandb_config": "wandb",
    "wandb.sdk.wandb_run": "wandb",
    "wandb.sdk.wandb_summary": "wandb",
    "xgboost.sklearn": "xgboost",
    "xgboost.training": "xgboost",
}


class Finder:
    """Stands first on ``sys.meta_path``. It finds nothing itself: it lets the others find, and listens to the loader."""

    def __init__(self, sink):
        self._sink = sink
        self._libraries = {}
        self._stand_ins = {}
        self._looking = set()

    def add(self, library):
        for module, name in WATCHED.items():
            if name == library:
                self._libraries[module] = library

    def replace(self, name, by):
        """``import name`` is to give the module ``by``."""
        self._stand_ins[name] = by

    def attach(self):
        sys.meta_path.insert(0, self)
        for name, library in self._libraries.items():
            if name in sys.modules:
                self._install(library, sys.modules[name])

    def find_spec(self, name, path=None, target=None):
        if name in self._stand_ins:
            return ModuleSpec(name, _StandIn(self._stand_ins[name]), is_package=True)
        library = self._libraries.get(name)
        if library is None or name in self._looking:
            return None
        self._looking.add(name)
        try:
            spec = self._found(name, path, target)
        finally:
            self._looking.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._listen(spec, library)
        return spec

    def _found(self, name, path, target):
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                return spec
        return None

    def _listen(self, spec, library):
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            # The module may have put something else in its place.
            self._install(library, sys.modules.get(spec.name, module))

        try:
            spec.loader.exec_module = exec_module
        except AttributeError:
            pass

    def _install(self, library, module):
        if not self._sink.alive:
            return
        try:
            import_module(f"{__package__}.{library}").install(module, self._sink)
        except Exception as error:
            self._sink.gave_up(library, error)


class _StandIn:
    """A loader that gives one module under another's name."""

    def __init__(self, name):
        self._name = name

    def create_module(self, spec):
        module = import_module(self._name)
        return module

    def exec_module(self, module):
        pass
