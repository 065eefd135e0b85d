import fire


def train(
    base_model: str = "",
    data_path: str = "data/alpaca",
    output_dir: str = "./lora",
    batch_size: int = 128,
    micro_batch_size: int = 4,
    num_epochs: int = 3,
    learning_rate: float = 3e-4,
    lora_r: int = 8,
    lora_dropout: float = 0.05,
    target_modules=["q_proj", "v_proj"],
    train_on_inputs: bool = True,
    group_by_length=False,
    resume=None,
):
    print(learning_rate)


if __name__ == "__main__":
    fire.Fire(train)
