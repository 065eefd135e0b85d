// The public training scripts that are measured, and where they come from. The measurement fetches them; none is kept here.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';

/**
 * `folder`: the part of the repository that the script needs, and `script` its path in there. It is started in its own folder.
 * `args`: options for a short training. `data`: stand-ins of `standins.py`, by the place where the script looks for its data.
 */
export const PUBLIC = [
  at('pytorch_mnist', 'pytorch/examples', 'mnist', 'main.py', ['--epochs', '1'], { '../data': 'mnist' }),
  at('pytorch_vae', 'pytorch/examples', 'vae', 'main.py', ['--epochs', '2'], {
    '../data': 'mnist',
    results: 'results',
  }),
  at(
    'pytorch_word_lm',
    'pytorch/examples',
    'word_language_model',
    'main.py',
    words('--epochs 2 --log-interval 10 --emsize 64 --nhid 64'),
    {
      'data/wikitext-2': 'words',
    },
  ),
  at('nanogpt', 'karpathy/nanoGPT', '.', 'train.py', GPT(), { 'data/shakespeare_char': 'characters' }),
  at('wandb_cnn_mnist', 'wandb/examples', 'examples/pytorch/pytorch-cnn-mnist', 'main.py', ['--epochs', '2'], {
    '../data': 'mnist',
  }),
  at('keras_mnist_convnet', 'keras-team/keras', 'examples', 'demo_mnist_convnet.py'),
  at('lightning_autoencoder', 'Lightning-AI/pytorch-lightning', 'examples/pytorch/basics', 'autoencoder.py', LIT(), {
    data: 'mnist-60000',
    '../../Datasets': 'mnist-60000',
  }),
  at('trl_sft', 'huggingface/trl', 'trl/scripts', 'sft.py', SFT(), { 'tiny-model': 'model', 'tiny-data': 'chats' }),
  at('cleanrl_ppo', 'vwxyzjn/cleanrl', 'cleanrl', 'ppo.py', ['--total-timesteps', '8000']),
  at('sb3_zoo_ppo', 'DLR-RM/rl-baselines3-zoo', 'rl_zoo3', 'train.py', words('--algo ppo --env CartPole-v1 -n 12000')),
  at('xgboost_continuation', 'dmlc/xgboost', 'demo/guide-python', 'continuation.py'),
  at('sklearn_grid_search', 'scikit-learn/scikit-learn', 'examples/model_selection', 'plot_grid_search_digits.py'),
  at('mlflow_elasticnet', 'mlflow/mlflow', 'examples/sklearn_elasticnet_wine', 'train.py', ['0.4', '0.6']),
  at('optuna_sklearn', 'optuna/optuna-examples', 'sklearn', 'sklearn_simple.py'),
  at('optuna_lightgbm', 'optuna/optuna-examples', 'lightgbm', 'lightgbm_simple.py'),
  ignite('ignite_mnist', 'mnist.py'),
  ignite('ignite_tensorboard', 'mnist_with_tensorboard.py'),
  ignite('ignite_wandb', 'mnist_with_wandb_logger.py'),
  at('ignite_dcgan', 'pytorch/ignite', 'examples/gan', 'dcgan.py', DCGAN()),
  at('ignite_reinforce', 'pytorch/ignite', 'examples/reinforcement_learning', 'reinforce.py', [
    '--max-episodes',
    '200',
  ]),
];

function words(line) {
  return line.split(' ');
}

function ignite(name, script) {
  return at(name, 'pytorch/ignite', 'examples/mnist', script, ['--epochs', '1'], { '.': 'mnist' });
}

function GPT() {
  const small = '--n_layer=2 --n_head=2 --n_embd=64 --block_size=64 --batch_size=8 --gradient_accumulation_steps=1';
  const short = '--max_iters=300 --eval_interval=50 --eval_iters=5 --dataset=shakespeare_char --wandb_log=False';
  return words(`${small} ${short} --device=cpu --compile=False --dtype=float32`);
}

function LIT() {
  return words('--trainer.max_epochs=1 --trainer.limit_train_batches=300 --trainer.limit_predict_batches=10');
}

function DCGAN() {
  const small = '--epochs 2 --batch-size 2 --g-filters 8 --d-filters 8 --workers 0';
  return words(`--dataset fake --dataroot . --output-dir out ${small}`);
}

function SFT() {
  const options =
    '--model_name_or_path tiny-model --dataset_name tiny-data --output_dir out --max_steps 30 --logging_steps 2';
  return words(`${options} --per_device_train_batch_size 2 --max_length 64 --report_to none --use_cpu --bf16 False`);
}

function at(name, repo, folder, script, args = [], data = {}) {
  return { name, repo, folder, script, args, data };
}

/** The folder of a script among the clones in `where`; cloned by git if it is not there. */
export function fetched(where, { repo, folder }) {
  const clone = path.join(where, ...repo.split('/'));
  if (!existsSync(clone)) {
    mkdirSync(path.dirname(clone), { recursive: true });
    git(['clone', '--depth', '1', '--filter=blob:none', '--sparse', `https://github.com/${repo}.git`, clone]);
  }
  const found = path.join(clone, folder);
  if (!existsSync(found)) git(['-C', clone, 'sparse-checkout', 'add', folder]);
  return found;
}

function git(args) {
  const done = spawnSync('git', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (done.status !== 0) throw new Error(`git ${args[0]} failed; is there a connection to the repository?`);
}
