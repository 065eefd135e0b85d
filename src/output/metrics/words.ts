/** Words that distinguish printed metrics from the rest of a program's output. */

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

/** Quantities that measure a model: a name with such a part is a metric even without a step or epoch nearby. */
const MEASURES = set(
  `loss losses logloss acc accuracy auc auroc aucpr auprc f1 fbeta dice iou miou map mape rmse mse mae rmsle r2 mcc kappa
  perplexity ppl nll bpb bpc bleu rouge rougel meteor chrf wer cer psnr ssim lpips fid elbo kl entropy crossentropy
  precision recall specificity sensitivity ndcg mrr reward rewards return returns ndcg top1 top5 map50 merror mlogloss
  score silhouette inertia likelihood mlm`,
);
/** Measures only together with a step or an epoch: elsewhere they are settings. */
const NEAR_A_STEP = set(`lr learningrate err error gnorm gradnorm mfu norm cost metric temperature beta wd momentum`);
/** A last part that turns a measure into a setting: `loss_weight`, `accuracy_threshold`. */
const SETTINGS = set(
  `weight weights threshold fn func function type name coef coefficient smoothing target file path dir patience delta
  tolerance tol mode reduction every interval freq frequency class classes`,
);
/** Words that are never metrics. */
const NEVER = set(
  `time eta elapsed date pid port line seed version v_num rank device gpu gpus node world_size memory mem max_mem gpu_mem
  data_time batch_time duration seconds remaining runtime worker workers num_workers batch_size size id index host uid
  instances total_flos timestamp wall wallclock walltime hours minutes checkpoint ckpt param params parameters of in at`,
);
const NEVER_ENDING =
  /(?:^|[/_])(?:s|sec|secs|second|seconds|per_second|per_sec|ms|runtime|batch|batch_size|samples|time|timestamp)$/;

/** Their plurals are settings: `epochs=10`. */
export const STEP_WORDS = set(
  `step iter iteration it global_step globalstep update round timestep total_timesteps num_timesteps train_step
  trainstep _step frame episode num_updates`,
);
export const EPOCH_WORDS = set('epoch ep _epoch current_epoch');
export const BATCH_WORDS = set('batch batches minibatch');
/** Words for the measured part of the data, and their normal form. */
export const SPLITS: ReadonlyMap<string, string> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['dev', 'dev'],
  ['test', 'test'],
  ['testing', 'test'],
  ['eval', 'eval'],
  ['evaluation', 'eval'],
]);
/** Words that may precede a measure that has no `:` or `=` after it. */
export const LEADS = set(
  'average avg mean best total running smoothed final last current ema lm masked mlm cls policy value',
);
/** Words that no name has: it is a sentence. */
export const SENTENCE = set(
  'of in at on for to from with and the a an is are was were by or not no this that than as if',
);

export const MAX_NAME = 100;

/** Parts of a name in lower case: `Top1-Acc@5` has top1, acc and 5; `valLoss` has val and loss. */
function partsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** Returns whether a name measures a model. `near`: the same line contains a step or an epoch. */
export function isMeasure(name: string, near: boolean): boolean {
  const parts = partsOf(name);
  const last = parts.at(-1) ?? '';
  if (SETTINGS.has(last)) return false;
  const whole = parts.join('');
  return [...parts, whole].some((part) => MEASURES.has(part) || (near && NEAR_A_STEP.has(part)));
}

export function isNever(name: string): boolean {
  const lower = name.toLowerCase();
  return NEVER.has(lower) || NEVER_ENDING.test(lower) || /^num_|^n_|^max_(?:steps|epochs)$/.test(lower);
}

/** A file or an address, and no name: `model.pt`, `./out/loss`. */
export const looksLikePath = (name: string): boolean =>
  /^[./~]|[\\]|:\/\/|\.[a-z]{1,11}\d?$/i.test(name) || name.split('/').length > 4;

/** A name as it is recorded: words begin small (`Loss`, `Average`), shorthand stays (`mAP`, `F1`). */
export const tidy = (word: string): string =>
  /^[A-Z][a-z]+(?:[^A-Za-z].*)?$/.test(word) ? word[0]!.toLowerCase() + word.slice(1) : word;
