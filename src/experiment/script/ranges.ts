/** Ranges for a search, around the value that a script uses now. */
import type { ParamValue } from '../../protocol/values/index.js';
import type { ScriptArgument } from './types.js';

/** As `search.space` writes it, with the numbers in the text that they are to have. */
export type RangeText = string;

const NEVER =
  /seed|epoch|(^|_|\.)(max_)?(steps?|iters?|iterations?|total_timesteps|timesteps|updates)$|worker|thread|interval|frequency|(^|_|\.)(log|save|eval|print|ckpt|checkpoint)_|device|gpu|cuda|mps|rank|world|port|host|path|dir|file|data|root|verbos|debug|resume|_id$|version|name|track|capture|entity|project|dry|download|accel|amp|fp16|bf16|compile|num_envs|limit|max_(train|eval|predict)|cache|overwrite|do_(train|eval|predict)|output|save|export|profile|backend|patience|optim_bits|subset|tokenizer|vocab|img_size|image_size|num_classes|n_classes|in_channels|out_channels|block_size|cutoff|max_len|seq_len/i;
const RATE = /(^|[_.-])(lr|learning_?rate|.*_lr|lr_\w*|rate_learning)$|learning_?rate/i;
const DECAY = /weight_?decay|(^|[_.-])(wd|l1|l2|reg|reg_\w+|lambda\w*|alpha|eps|epsilon|c|ent_coef|temperature|tau)$/i;
const OF_TESTS = /(^|_|\.)(test|val|valid|validation|eval|dev)_?(bs|batch|_|$)/i;
const SCALE = /coef|clip|grad_norm|scale|temperature|sigma|noise|weight$/i;
const SHARE = /drop|smoothing|(^|[_.-])p$|prob|ratio|frac|sample|warmup_ratio|mixup|cutmix|pct/i;
const NEAR_ONE = /momentum|beta|gamma|decay|ema|rho|lambda|gae/i;
const BATCH = /batch|(^|[_.-])bs$|bsz/i;
const WIDTH = /hidden|dim|width|units|channels|embed|emsize|nhid|d_model|n_embd|features|filters|size|rank|neurons/i;
const DEPTH = /layer|depth|blocks|n_head|nhead|num_heads|heads|estimators|leaves|estimator|neighbors|kernel/i;
const TUNED_CHOICE = /optim|activation|sched|loss|arch|model|kernel|penalty|solver|norm|init|criterion|booster|pool/i;

/** A range worth searching, or null when the argument is better left alone. */
export function rangeOf(argument: ScriptArgument): RangeText | null {
  const { name, kind, isList, value, choices, pass } = argument;
  if (isList || pass.how === 'none' || value === undefined || value === null) return null;
  if (choices) {
    const isTuned = TUNED_CHOICE.test(name) || (!NEVER.test(name) && typeof value !== 'string');
    return isTuned && choices.length > 1
      ? `{ choice: [${choices.map((each) => written(each, kind)).join(', ')}] }`
      : null;
  }
  if (OF_TESTS.test(name) || (NEVER.test(name) && !RATE.test(name) && !BATCH.test(name))) return null;
  if (kind === 'float' && typeof value === 'number') return floatRange(name, value, argument.bounds);
  if (kind === 'int' && typeof value === 'number') return intRange(name, value, argument.bounds);
  if (kind === 'boolean' && typeof value === 'boolean')
    return /nesterov|amsgrad|bias|norm|tied|augment|anneal|clip|shuffle|residual/i.test(name)
      ? '{ choice: [false, true] }'
      : null;
  return null;
}

type Bounds = ScriptArgument['bounds'];

function floatRange(name: string, value: number, bounds: Bounds): RangeText | null {
  const log = (low: number, high: number) => within('log', round(low), round(high), value, bounds);
  const near = value > 0 ? 10 ** Math.round(Math.log10(value)) : 0;
  if (RATE.test(name) && value > 0) return log(near / 100, value < 1 ? Math.min(1, near * 10) : value * 5);
  if (SHARE.test(name) && value >= 0 && value <= 1)
    return within('uniform', value > 0.5 ? 0.5 : 0, value > 0.5 ? 1 : 0.5, value, bounds);
  if (/momentum/i.test(name) && value >= 0 && value < 0.5) return within('uniform', 0, 0.99, value, bounds);
  if (NEAR_ONE.test(name) && value >= 0.5 && value < 1)
    return within('uniform', value >= 0.9 ? 0.8 : 0.5, 0.999, value, bounds);
  if (DECAY.test(name)) {
    if (value === 0) return '{ choice: [0.0, 1e-5, 1e-4, 1e-3, 1e-2] }';
    return value > 0 ? log(near / 100, near * 10) : null;
  }
  return SCALE.test(name) && value > 0 ? log(value / 10, value * 10) : null;
}

function intRange(name: string, value: number, bounds: Bounds): RangeText | null {
  if (value < 1) return null;
  if (BATCH.test(name) || (WIDTH.test(name) && value >= 8)) {
    const sizes = [value / 4, value / 2, value, value * 2].filter(
      (size) => Number.isInteger(size) && size >= (bounds?.low ?? 1) && size <= (bounds?.high ?? Infinity),
    );
    return sizes.length > 1 ? `{ choice: [${sizes.join(', ')}] }` : `{ int: [1, ${value * 4}] }`;
  }
  if (DEPTH.test(name) && /head/i.test(name)) {
    const heads = [value / 2, value, value * 2].filter((count) => Number.isInteger(count) && count >= 1);
    return `{ choice: [${heads.join(', ')}] }`;
  }
  if (!DEPTH.test(name) && !WIDTH.test(name) && !/^(k|n|c)$|num_|_steps$|max_/.test(name)) return null;
  const [low, high] = [Math.max(1, bounds?.low ?? 1), Math.min(bounds?.high ?? Infinity, Math.max(4, value * 2))];
  if (low >= high) return null;
  return value > 20
    ? `{ logInt: [${Math.max(low, Math.round(value / 4))}, ${Math.min(high * 2, bounds?.high ?? Infinity)}] }`
    : `{ int: [${low}, ${high}] }`;
}

function within(kind: string, low: number, high: number, value: number, bounds: Bounds): RangeText | null {
  const least = Math.min(value, Math.max(low, bounds?.low ?? low));
  const most = Math.max(value, Math.min(high, bounds?.high ?? high));
  if (!(least < most) || (kind === 'log' && least <= 0)) return null;
  return `{ ${kind}: [${floatText(least)}, ${floatText(most)}] }`;
}

const round = (value: number): number => Number(value.toPrecision(2));

/** A number as a float: `1` is `1.0`, powers of ten below 0.01 are `1e-3`. */
export function floatText(value: number): string {
  if (value === 0) return '0.0';
  const size = Math.abs(value);
  const text = size < 0.01 || size >= 1e6 ? value.toExponential().replace('e+', 'e') : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** A value as YAML reads it back, with its type. */
export function written(value: ParamValue, kind: ScriptArgument['kind']): string {
  if (Array.isArray(value)) return `[${value.map((item) => written(item, kind)).join(', ')}]`;
  if (typeof value === 'number') return kind === 'float' ? floatText(value) : String(value);
  if (typeof value === 'string') return textOf(value);
  return String(value);
}

const PLAIN = /^[A-Za-z_][\w./ -]*[\w./]$|^[A-Za-z_]$/;
const OTHER_TYPES = /^(true|false|null|yes|no|on|off|y|n|nan|inf|~)$/i;

function textOf(text: string): string {
  return PLAIN.test(text) && !OTHER_TYPES.test(text) ? text : JSON.stringify(text);
}
