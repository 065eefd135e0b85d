/** Metrics that a script logs under names written in its code, and which of several to optimize. */
import type { Goal } from '../../protocol/engine/index.js';
import type { PythonModule } from './python/module.js';
import type { FoundScript } from './types.js';

const MOST = 50;
/** Calls whose first argument is the name of a metric. */
const BY_NAME = /(^|\.)(add_scalar|log_metric|log_scalar|track|self\.log|report_scalar)$/;
/** Calls that take a group of metrics by name. */
const BY_GROUP = /(^|\.)(log|log_metrics|log_dict|write_scalars|add_scalars)$/;

export function metricsOf(module: PythonModule): FoundScript['metrics'] {
  const found = new Map<string, number>();
  const add = (name: string | undefined, line: number) => {
    if (name && name.length <= 200 && !found.has(name) && found.size < MOST) found.set(name, line);
  };
  for (const { callee, positional, keywords, node } of module.source.calls()) {
    const line = module.line(node);
    if (BY_NAME.test(callee)) add(module.text(positional[0] ?? keywords.get('name')), line);
    if (!BY_GROUP.test(callee)) continue;
    const group = positional.find(({ name }) => name === 'DictionaryExpression');
    for (const key of group ? keysOf(module, group) : []) add(key, line);
  }
  return [...found].map(([name, line]) => ({ name, line }));
}

/** Texts before the colons; the values are computed when the program runs. */
function keysOf(module: PythonModule, group: NonNullable<Parameters<PythonModule['text']>[0]>): string[] {
  const keys: string[] = [];
  for (let child = group.firstChild; child; child = child.nextSibling) {
    if (child.nextSibling?.name === ':') keys.push(module.text(child) ?? '');
  }
  return keys;
}

const HIGHER =
  /acc|f1|auc|auroc|\bap\b|m?ap\b|score|reward|return|iou|dice|bleu|rouge|precision|recall|r2|psnr|ssim|ndcg|hit|success/i;
const LOWER = /loss|err|perplexity|ppl|rmse|\bmse|\bmae|nll|bpc|bits|fid|wer|cer|cost|regret|latency/i;
const EVALUATED = /(^|[^a-z])(val|valid|validation|dev|eval|test|holdout)([^a-z]|$)/i;
const NO_OBJECTIVE =
  /\blr\b|learning_rate|epoch|step|iter|time|duration|sps|speed|grad|norm|memory|gpu|count|length|num_|total/i;

/** Returns whether larger values of a metric are better, by its name. */
export function goalOf(name: string): Goal {
  return HIGHER.test(name) && !LOWER.test(name) ? 'maximize' : 'minimize';
}

/** The name that says most about success: of an evaluation rather than of training, a quality rather than a loss. */
export function objectiveAmong(names: readonly string[]): string | null {
  const rank = (name: string): number => {
    if (NO_OBJECTIVE.test(name) || !(HIGHER.test(name) || LOWER.test(name))) return 0;
    return 1 + (EVALUATED.test(name) ? 4 : 0) + (HIGHER.test(name) ? 2 : 0);
  };
  const [best] = [...names].sort((a, b) => rank(b) - rank(a));
  return best !== undefined && rank(best) > 0 ? best : null;
}
