from absl import app, flags, logging

FLAGS = flags.FLAGS

flags.DEFINE_string("workdir", None, "Directory to store model data.")
flags.DEFINE_float("learning_rate", 0.1, "The learning rate for the momentum optimizer.", lower_bound=0.0)
flags.DEFINE_float("momentum", 0.9, "The decay rate used for the momentum optimizer.")
flags.DEFINE_integer("batch_size", 128, "Batch size for training.")
flags.DEFINE_integer("num_epochs", 10, "Number of training epochs.")
flags.DEFINE_boolean("use_batch_norm", True, "Normalize.")
flags.DEFINE_enum("optimizer", "sgd", ["sgd", "adam"], "Which optimizer.")
flags.DEFINE_list("eval_on", ["test"], "Splits.")
flags.mark_flag_as_required("workdir")


def main(argv):
    logging.info("loss %f", 0.1)


if __name__ == "__main__":
    app.run(main)
