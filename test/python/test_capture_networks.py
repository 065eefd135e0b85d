"""Capture of libraries that train networks, each by a program without a word about Tunesmith."""
import json

from capture_support import CaptureCase, needs


class TensorBoardTest(CaptureCase):
    WRITES = """
            import numpy
            writer.add_scalar("loss", 0.5, 1)
            writer.add_scalar("loss", numpy.float32(0.25), global_step=2)
            writer.add_scalar("unnumbered", 1.0)
            writer.add_scalar("unnumbered", 2.0)
            writer.add_scalars("acc", {"train": 0.5, "val": 0.25}, 3)
            writer.add_histogram("weights", numpy.arange(10.0), 3)
            writer.add_image("digit", numpy.zeros((1, 4, 4), "uint8"), 3)
            writer.add_images("digits", numpy.zeros((5, 3, 4, 4), "float32"), 3)
            writer.add_text("note", "hello", 3)
            writer.add_hparams({"lr": 0.1, "optimizer": "adam"}, {"hparam/accuracy": 0.75})
            writer.close()
    """

    def check(self):
        self.no_complaints()
        series = self.series()
        self.assertEqual(series["loss"], [(1, 0.5), (2, 0.25)])
        self.assertEqual(series["unnumbered"], [(0, 1.0), (1, 2.0)])
        self.assertEqual((series["acc/train"], series["acc/val"]), ([(3, 0.5)], [(3, 0.25)]))
        self.assertEqual(series["hparam/accuracy"], [(0, 0.75)])
        self.assertEqual(self.observed(), {"lr": 0.1, "optimizer": "adam"})
        kinds = {name: record["mime"] for name, record in self.files().items()}
        self.assertEqual(kinds.pop("weights"), "application/vnd.tunesmith.histogram+json")
        self.assertEqual(kinds, {"digit": "image/png", "digits": "image/png", "note": "text/plain"})
        self.assertEqual(self.facts()["captured"], "tensorboard")

    @needs("tensorboardX", "pillow")
    def test_tensorboardx(self):
        self.run_script("from tensorboardX import SummaryWriter\nwriter = SummaryWriter('logs')\n" + dedented(self.WRITES))
        self.check()

    @needs("torch", "tensorboard", "pillow")
    def test_pytorch(self):
        self.run_script("from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter('logs')\n" + dedented(self.WRITES))
        self.check()


class LightningTest(CaptureCase):
    SCRIPT = """
            import warnings; warnings.filterwarnings("ignore")
            import lightning, torch
            from torch.utils.data import DataLoader, TensorDataset
            class Model(lightning.LightningModule):
                def __init__(self, lr=0.1, width=4):
                    super().__init__()
                    self.save_hyperparameters()
                    self.layer = torch.nn.Linear(width, 1)
                def training_step(self, batch, index):
                    loss = self.layer(batch[0]).pow(2).mean()
                    self.log("train/loss", loss)
                    return loss
                def validation_step(self, batch, index):
                    self.log("val/loss", self.layer(batch[0]).pow(2).mean())
                def configure_optimizers(self):
                    return torch.optim.SGD(self.parameters(), self.hparams.lr)
            data = DataLoader(TensorDataset(torch.randn(40, 4)), batch_size=10)
            trainer = lightning.Trainer(max_epochs=2, log_every_n_steps=2, enable_checkpointing=False, enable_model_summary=False,
                                        accelerator="cpu", logger=LOGGER)
            trainer.fit(Model(lr=0.05), data, data)
    """

    def check(self):
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["train/loss"]], [1, 3, 5, 7])
        self.assertEqual([step for step, _ in series["val/loss"]], [3, 7])
        params = self.observed()
        self.assertEqual((params["lr"], params["width"], params["max_epochs"]), (0.05, 4, 2))
        self.assertEqual((params["optimizer"], params["optimizer.lr"], params["optimizer.momentum"]), ("SGD", 0.05, 0))
        self.assertEqual(self.facts()["weights"], 5)
        self.assertIn("Linear", self.text("model summary"))

    @needs("lightning")
    def test_without_a_logger(self):
        self.run_script(self.SCRIPT.replace("LOGGER", "False"))
        self.check()

    @needs("lightning")
    def test_its_csv_logger_counts_once(self):
        self.run_script(self.SCRIPT.replace("LOGGER", "lightning.pytorch.loggers.CSVLogger('logs')"))
        self.check()

    @needs("lightning", "tensorboard")
    def test_its_tensorboard_logger_counts_once(self):
        self.run_script(self.SCRIPT.replace("LOGGER", "lightning.pytorch.loggers.TensorBoardLogger('logs')"))
        self.check()


class KerasTest(CaptureCase):
    @needs("keras", "torch")
    def test_epochs_parameters_and_evaluation(self):
        self.run_script("""
            import keras, numpy
            x, y = numpy.random.rand(64, 4).astype("float32"), numpy.random.randint(0, 2, 64)
            model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
            model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
            stopping = keras.callbacks.EarlyStopping(patience=5)
            history = model.fit(x, y, 16, epochs=3, validation_split=0.25, verbose=0, callbacks=[stopping])
            assert len(history.history["loss"]) == 3
            model.evaluate(x, y, verbose=0)
        """)
        self.no_complaints()
        series = self.series()
        for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
            self.assertEqual([step for step, _ in series[name]], [0, 1, 2], name)
        self.assertEqual((len(series["evaluate/loss"]), len(series["evaluate/accuracy"])), (1, 1))
        params = self.observed()
        self.assertEqual((params["batch_size"], params["epochs"], params["optimizer"]), (16, 3, "adam"))
        self.assertAlmostEqual(params["learning_rate"], 0.02, 6)
        # Settings at their defaults, those of callbacks, and the layers.
        self.assertEqual((params["validation_freq"], params["clipnorm"], params["early_stopping.patience"]), (1, None, 5))
        self.assertIn("dense", self.text("model summary"))

    @needs("keras", "torch")
    def test_graph_of_layers_that_join_and_contain_others(self):
        self.run_script("""
            import keras, numpy
            inner = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(8, name="inside")], name="block")
            given = keras.Input((8,), name="given")
            left, right = inner(given), keras.layers.Dense(8, name="side")(given)
            out = keras.layers.Dense(1, name="out")(keras.layers.Add(name="sum")([left, right]))
            model = keras.Model(given, out, name="net")
            model.get_layer("side").trainable = False
            model.compile("adam", "mse")
            for _ in range(3): model.fit(numpy.zeros((8, 8)), numpy.zeros(8), epochs=1, verbose=0)
            model.get_layer("side").trainable = True
            model.compile("adam", "mse")
            model.fit(numpy.zeros((8, 8)), numpy.zeros(8), epochs=1, verbose=0)
        """)
        self.no_complaints()
        graphs = [one for one in self.records() if one["type"] == "media" and one["mime"] == "application/vnd.tunesmith.graph+json"]
        # A model has one, however often it is fitted, and another one when other weights are trained.
        self.assertEqual([one["name"] for one in graphs], ["graph", "graph"])
        thawed = json.loads((self.folder / graphs[1]["path"]).read_text())["nodes"]
        self.assertTrue(all(weight["trained"] for node in thawed for weight in node.get("weights", [])))
        nodes = json.loads((self.folder / graphs[0]["path"]).read_text())["nodes"]
        at = {node["name"]: place for place, node in enumerate(nodes)}
        shown = [(node["name"], node["type"], node["parent"], node.get("inputs")) for node in nodes]
        self.assertEqual(shown, [
            ("net", "Functional", None, None), ("given", "InputLayer", 0, None), ("block", "Sequential", 0, [at["given"]]),
            ("inside", "Dense", at["block"], None), ("side", "Dense", 0, [at["given"]]),
            ("sum", "Add", 0, [at["block"], at["side"]]), ("out", "Dense", 0, [at["sum"]])], shown)
        self.assertEqual(nodes[at["out"]]["shape"], [None, 1])
        self.assertEqual([(one["shape"], one["trained"]) for one in nodes[at["side"]]["weights"]], [([8, 8], False), ([8], False)])
        self.assertEqual([one["trained"] for one in nodes[at["inside"]]["weights"]], [True, True])

    @needs("keras", "torch")
    def test_long_epochs_have_a_curve_within(self):
        self.run_script("""
            import keras, numpy
            import tunesmith.capture.keras
            tunesmith.capture.keras._BATCH_SECONDS = 0
            x, y = numpy.random.rand(64, 4).astype("float32"), numpy.random.rand(64)
            model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
            model.compile("adam", "mse")
            model.fit(x, y, 16, epochs=2, verbose=0)
        """)
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["batch/loss"]], [1, 2, 3, 4, 5, 6, 7, 8])
        self.assertEqual(len(series["loss"]), 2)


class TransformersTest(CaptureCase):
    SCRIPT = """
            import torch
            from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
            config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
            data = [{"input_ids": torch.randint(0, 50, (8,)), "labels": torch.tensor(i % 2)} for i in range(16)]
            args = TrainingArguments("out", max_steps=4, logging_steps=1, per_device_train_batch_size=4, eval_strategy="steps",
                                     eval_steps=2, save_strategy="no", report_to=REPORT_TO, use_cpu=True)
            Trainer(BertForSequenceClassification(config), args, train_dataset=data, eval_dataset=data).train()
    """

    def check(self):
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["train/loss"]], [1, 2, 3, 4])
        # The mean of the whole training is no point of the curve.
        self.assertEqual(len(series["train/train_loss"]), 1)
        self.assertEqual([step for step, _ in series["eval/loss"]], [2, 4])
        params = self.observed()
        self.assertEqual((params["max_steps"], params["model.hidden_size"], params["model.type_vocab_size"]), (4, 16, 2))
        self.assertGreater(len(params), 50)
        self.assertEqual({name.split("/")[0] for name in series}, {"train", "eval"})

    @needs("transformers", "torch", "accelerate")
    def test_trainer(self):
        self.run_script(self.SCRIPT.replace("REPORT_TO", '"none"'))
        self.check()

    @needs("transformers", "torch", "accelerate", "tensorboard", "wandb")
    def test_trainer_with_other_trackers_counts_once(self):
        self.run_script(self.SCRIPT.replace("REPORT_TO", '["tensorboard", "wandb"]'))
        self.check()
        self.assertEqual(self.facts()["captured"], "transformers")

    @needs("accelerate", "torch")
    def test_accelerate_without_a_tracker(self):
        self.run_script("""
            from accelerate import Accelerator
            accelerator = Accelerator(cpu=True)
            accelerator.init_trackers("project", config={"lr": 0.1})
            accelerator.log({"loss": 0.5}, step=3)
        """)
        self.no_complaints()
        self.assertEqual((self.series(), self.observed()), ({"loss": [(3, 0.5)]}, {"lr": 0.1}))


class FastaiTest(CaptureCase):
    @needs("fastai")
    def test_epochs(self):
        self.run_script("""
            import torch
            from fastai.basics import DataLoaders, Learner, MSELossFlat
            from torch.utils.data import DataLoader, TensorDataset
            data = DataLoader(TensorDataset(torch.randn(32, 4), torch.randn(32, 1)), batch_size=8)
            learner = Learner(DataLoaders(data, data), torch.nn.Linear(4, 1), loss_func=MSELossFlat())
            learner.fit(3, 0.01)
        """)
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["train_loss"]], [0, 1, 2])
        self.assertEqual([step for step, _ in series["valid_loss"]], [0, 1, 2])
        self.assertEqual((self.observed()["epochs"], self.observed()["lr"]), (3, 0.01))


def dedented(code):
    import textwrap

    return textwrap.dedent(code)
