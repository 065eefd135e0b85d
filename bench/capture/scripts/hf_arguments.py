"""A fine-tuning whose arguments are the fields of three dataclasses, as the examples of transformers read them."""
from dataclasses import dataclass, field

import torch
from transformers import BertConfig, BertForSequenceClassification, HfArgumentParser, Trainer, TrainingArguments, set_seed


@dataclass
class DataArguments:
    task_name: str = field(default="sst2", metadata={"help": "Task to train on"})
    max_seq_length: int = field(default=16, metadata={"help": "Tokens of a sentence"})
    max_train_samples: int = field(default=128, metadata={"help": "Sentences to train with"})


@dataclass
class ModelArguments:
    hidden_size: int = field(default=32, metadata={"help": "Width of the network"})
    num_layers: int = field(default=1, metadata={"help": "Layers of the network"})


@dataclass
class Arguments(TrainingArguments):
    output_dir: str = "out"
    learning_rate: float = 2e-3
    per_device_train_batch_size: int = 16
    num_train_epochs: float = 2
    logging_steps: int = 2
    eval_strategy: str = "epoch"
    save_strategy: str = "no"
    use_cpu: bool = True


def main():
    model_args, data_args, training_args = HfArgumentParser((ModelArguments, DataArguments, Arguments)).parse_args_into_dataclasses()
    set_seed(training_args.seed)
    size = {"hidden_size": model_args.hidden_size, "intermediate_size": model_args.hidden_size}
    config = BertConfig(vocab_size=100, num_hidden_layers=model_args.num_layers, num_attention_heads=2, **size)
    length = data_args.max_seq_length
    data = [
        {"input_ids": torch.randint(0, 50, (length,)) + 50 * (i % 2), "labels": torch.tensor(i % 2)}
        for i in range(data_args.max_train_samples)
    ]

    def compute_metrics(found):
        return {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())}

    model = BertForSequenceClassification(config)
    trainer = Trainer(model=model, args=training_args, train_dataset=data, eval_dataset=data, compute_metrics=compute_metrics)
    result = trainer.train()
    trainer.log_metrics("train", result.metrics)
    trainer.log_metrics("eval", trainer.evaluate())


if __name__ == "__main__":
    main()
