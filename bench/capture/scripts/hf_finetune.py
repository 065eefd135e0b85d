"""A fine-tuning with the Trainer of transformers, of a small network on made-up sentences."""
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
config = BertConfig(vocab_size=100, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
model = BertForSequenceClassification(config)
data = [{"input_ids": torch.randint(0, 50, (16,)) + 50 * (i % 2), "labels": torch.tensor(i % 2)} for i in range(128)]


def compute_metrics(found):
    return {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())}


args = TrainingArguments(
    output_dir="out",
    learning_rate=2e-3,
    per_device_train_batch_size=16,
    num_train_epochs=2,
    logging_steps=2,
    eval_strategy="epoch",
    save_strategy="no",
    use_cpu=True,
)
Trainer(model=model, args=args, train_dataset=data, eval_dataset=data, compute_metrics=compute_metrics).train()
