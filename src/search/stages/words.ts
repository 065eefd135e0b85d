/**
 * Words that assign a parameter to a stage by its name, if the user doesn't. Names are split at dots, underscores,
 * hyphens and capitals: `optimizer.warmupSteps` is "optimizer", "warmup", "steps". Later words take precedence
 * (`layer_lr` is about the learning rate), and pairs of words take precedence over single ones.
 */
const WORDS: Record<string, string> = {
  architecture:
    'layer layers depth width unit units hidden neuron neurons channel channels filter filters kernel stride pool ' +
    'pooling head heads embed embedding embeddings dim dims size block blocks cell gate activation arch architecture ' +
    'model backbone encoder decoder network net rnn lstm gru cnn attention bias norm normalization init initializer ' +
    'trees leaves bins degree neighbors components estimators booster',
  optimizer:
    'optimizer optimiser opt lr eta learningrate momentum nesterov beta beta1 beta2 betas rho eps epsilon schedule ' +
    'scheduler warmup decay gamma clip clipping amsgrad loss solver alpha tol',
  regularization:
    'regularization regularisation regularizer dropout l1 l2 lambda penalty wd augment augmentation mixup cutmix cutout ' +
    'smoothing noise jitter flip crop rotation patience stopping distillation temperature c',
  batch: 'batch batches minibatch batchsize epoch epochs steps iterations accumulation bs',
};
const PAIRS: Record<string, string> = {
  'weight decay': 'regularization',
  'label smoothing': 'regularization',
  'early stopping': 'regularization',
  'drop out': 'regularization',
  'batch size': 'batch',
  'batch norm': 'architecture',
  'learning rate': 'optimizer',
  'step size': 'optimizer',
  'lr decay': 'optimizer',
  'warmup steps': 'optimizer',
  'warmup epochs': 'optimizer',
};

const BY_WORD = new Map(
  Object.entries(WORDS).flatMap(([stage, words]) => words.split(' ').map((word) => [word, stage] as const)),
);

/** Returns null if the name says nothing. */
export function stageByName(name: string): string | null {
  const words = wordsOf(name);
  for (let i = words.length - 1; i > 0; i--) {
    const stage = PAIRS[`${words[i - 1]} ${words[i]}`];
    if (stage) return stage;
  }
  for (let i = words.length - 1; i >= 0; i--) {
    const stage = BY_WORD.get(words[i]!);
    if (stage) return stage;
  }
  return null;
}

/** Returns whether the name is a learning rate's, which is tuned again together with the batch size. */
export function isLearningRate(name: string): boolean {
  const words = wordsOf(name);
  const [last, before] = [words.at(-1), words.at(-2)];
  return last === 'lr' || last === 'eta' || last === 'learningrate' || (last === 'rate' && before === 'learning');
}

export function isBatchSize(name: string): boolean {
  const words = wordsOf(name);
  const [last, before] = [words.at(-1), words.at(-2)];
  return last === 'batch' || last === 'batchsize' || last === 'bs' || (last === 'size' && before === 'batch');
}

function wordsOf(name: string): string[] {
  const parts = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+/);
  return parts.filter((part) => part !== '').map((part) => part.toLowerCase());
}
