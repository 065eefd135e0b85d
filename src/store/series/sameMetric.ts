/** Decides whether two names mean the same metric: programs often print what they also record, under another name. */

/** Words for the parts of the data. A name without one is of the training. */
const PARTS = new Map([
  ...['train', 'training', 'trn', 'tr'].map((word) => [word, ''] as const),
  ...['val', 'valid', 'validation', 'dev'].map((word) => [word, 'val'] as const),
  ...['test', 'tst'].map((word) => [word, 'test'] as const),
  ...['eval', 'evaluation'].map((word) => [word, 'eval'] as const),
]);
const SYNONYMS = new Map([
  ['acc', 'accuracy'],
  ['ppl', 'perplexity'],
  ['lr', 'learningrate'],
  ['grad', 'gradient'],
]);
/** Words that say how a value was summed up, not of what. */
const FILLERS = new Set(['average', 'avg', 'mean', 'step', 'epoch', 'batch', 'set']);

/**
 * Returns a key that names of the same metric share: `Train Loss`, `train/loss`, `losses/loss` and `loss` have one, `val_loss` and
 * `Validation/Average Loss` another.
 */
export function meaningOf(name: string): string {
  const segments = withSlash(name)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split('/')
    .map((segment) => segment.split(/[^\p{L}\p{N}]+/u).filter(Boolean));
  let part = '';
  for (const word of segments.flat()) part = PARTS.get(word) || part;
  const telling = segments.map((words) => words.filter((word) => !PARTS.has(word) && !FILLERS.has(word)));
  const words = telling.findLast(({ length }) => length > 0) ?? segments.flat();
  return `${part}/${words.map((word) => SYNONYMS.get(word) ?? word).join('')}`;
}

/** XGBoost prints `validation_0-logloss`, and hands its callbacks the data and the metric apart. */
function withSlash(name: string): string {
  const [head, ...rest] = name.split('-');
  const part = /^[A-Za-z]+/.exec(head!)?.[0].toLowerCase() ?? '';
  return rest.length > 0 && PARTS.has(part) && /^[A-Za-z]+(?:_?\d+)?$/.test(head!) ? `${head}/${rest.join('-')}` : name;
}
