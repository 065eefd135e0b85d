"""Keras callbacks of wandb: what the epochs say is recorded; models are not."""
from keras.callbacks import Callback, ModelCheckpoint

import tunesmith


class WandbMetricsLogger(Callback):
    """Logs metrics after each epoch, as ``epoch/loss`` and so on, and by ``log_freq`` batches, as ``batch/loss``."""

    def __init__(self, log_freq="epoch", initial_global_step=0, *_args, **_options):
        super().__init__()
        self._every = {"epoch": 0, "batch": 1}.get(log_freq, log_freq)
        self._batch = initial_global_step

    def on_epoch_end(self, epoch, logs=None):
        tunesmith.log({f"epoch/{name}": value for name, value in (logs or {}).items()}, step=epoch)

    def on_train_batch_end(self, batch, logs=None):
        if self._every and self._batch % self._every == 0:
            tunesmith.log({f"batch/{name}": value for name, value in (logs or {}).items()}, step=self._batch)
        self._batch += 1


class WandbCallback(Callback):
    """The earlier callback: metrics under their own names."""

    def __init__(self, *_args, **_options):
        super().__init__()

    def on_epoch_end(self, epoch, logs=None):
        tunesmith.log(dict(logs or {}), step=epoch)


class WandbModelCheckpoint(ModelCheckpoint):
    """Saves the model where it is told to."""


class WandbEvalCallback(Callback):
    """Its tables of predictions are not made."""

    def __init__(self, *_args, **_options):
        super().__init__()
