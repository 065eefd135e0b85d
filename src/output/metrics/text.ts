/** Reads lines such as `epoch 3 loss 0.12 acc 91.4%` or `step 100/5000: loss=0.1, lr=3e-4`. */
import { tokensOf, type Token } from './tokens.js';
import { MAX_VALUES, type LineReading, type Place } from './types.js';
import {
  BATCH_WORDS,
  EPOCH_WORDS,
  isMeasure,
  isNever,
  LEADS,
  looksLikePath,
  MAX_NAME,
  SENTENCE,
  SPLITS,
  STEP_WORDS,
  tidy,
} from './words.js';

/** Words that a name may have. */
const MAX_WORDS = 5;
/** Something is called or shown with its settings: `Namespace(lr=0.1, …)`, `Dropout(p=0.1)`. */
const CALL = /\w\(\w+\s?=/;
/** Marks that may be between a word and its number, as in `Epoch [3/10]` or `step #100`. */
const OPENING = new Set([':', '=', '[', '(', '#']);

/** Parts of the data that are measured apart from the training. */
const MEASURED_APART = new Set(['val', 'dev', 'test', 'eval']);

const isMark = (token: Token | undefined, texts: string): boolean =>
  token?.kind === 'mark' && texts.includes(token.text);

/** Null: the line says nothing. */
export function readText(line: string): LineReading | null {
  if (!/\d|nan|inf/i.test(line) || CALL.test(line)) return null;
  // CatBoost counts without a word.
  const tokens = tokensOf(line.replace(/^\s*(\d{1,9}):\s+(?=learn:)/, 'iter $1, '));
  const { place, used } = readPlace(tokens);
  const near = place.epoch !== undefined || place.step !== undefined;
  // Batches of a validation are not steps of the training.
  if (!near && place.within && MEASURED_APART.has(splitOf(wordsAtStart(tokens)) ?? '')) return null;
  if (!near && place.within && !tokens.some((token) => token.kind === 'word' && isMeasure(token.text, false)))
    return null;
  const values = readValues(tokens, used, near || place.within !== undefined);
  // A line that counts steps may be about anything: one of its values must measure something.
  const isLearning = values.has('learn') || [...values.keys()].some((name) => isMeasure(name, true));
  if (!isLearning) values.clear();
  return near || values.size > 0 ? { place, values } : null;
}

function wordsAtStart(tokens: readonly Token[]): string[] {
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'word') break;
    words.push(token.text);
  }
  return words;
}

/** Finds epoch and step. `used`: tokens that belong to them. */
function readPlace(tokens: readonly Token[]): { place: Place; used: Set<number> } {
  const place: Place = {};
  const used = new Set<number>();
  tokens.forEach((token, i) => {
    if (token.kind !== 'word') return;
    const word = token.text.toLowerCase();
    if (EPOCH_WORDS.has(word) && place.epoch === undefined) {
      const found = numberAfter(tokens, i);
      if (!found || found.value < 0) return;
      place.epoch = found.value;
      mark(used, i, found.end);
      const within = ratioAfter(tokens, found.end);
      if (within) {
        place.within = within.within;
        mark(used, found.end, within.end);
      }
    } else if (STEP_WORDS.has(word) && place.step === undefined) {
      const found = numberAfter(tokens, i);
      if (!found || found.value < 0 || !Number.isInteger(found.value)) return;
      place.step = found.value;
      if (found.of !== null) place.within = { at: found.value, of: found.of };
      mark(used, i, found.end);
    } else if (BATCH_WORDS.has(word) && !place.within) {
      const before = tokens[i - 1];
      if (before?.kind === 'ratio') {
        place.within = { at: before.at, of: before.of };
        mark(used, i - 1, i + 1);
        return;
      }
      const found = numberAfter(tokens, i);
      if (!found || found.value < 0 || !Number.isInteger(found.value)) return;
      place.within = { at: found.value, of: found.of };
      mark(used, i, found.end);
    }
  });
  bracketed(tokens, place, used);
  // A step with a total, after an epoch, is a step of that epoch: `Epoch [1/5], Step [100/600]`.
  if (
    place.step !== undefined &&
    place.epoch !== undefined &&
    typeof place.within?.of === 'number' &&
    place.within.at === place.step
  ) {
    delete place.step;
  } else if (place.step !== undefined) delete place.within;
  return { place, used };
}

/** Positions in brackets: `[640/60000 (1%)]`, and at a line's start `[10]` or `[1,  2000]`. */
function bracketed(tokens: readonly Token[], place: Place, used: Set<number>): void {
  const [first, second, third, fourth, fifth] = tokens;
  const isCount = (token: Token | undefined): token is Extract<Token, { kind: 'number' }> =>
    token?.kind === 'number' && !token.exact && token.value >= 0;
  if (isMark(first, '[') && isCount(second) && place.epoch === undefined && place.step === undefined) {
    if (isMark(third, ']')) {
      place.step = second.value;
      mark(used, 0, 3);
    } else if (isMark(third, ',') && isCount(fourth) && isMark(fifth, ']')) {
      place.epoch = second.value;
      place.within = { at: fourth.value, of: null };
      mark(used, 0, 5);
    }
  }
  tokens.forEach((token, i) => {
    if (token.kind !== 'ratio' || place.within || used.has(i) || !isMark(tokens[i - 1], '[')) return;
    if (token.of <= 0 || token.at > token.of) return;
    place.within = { at: token.at, of: token.of };
    const close = tokens.findIndex((other, j) => j > i && isMark(other, ']'));
    mark(used, i - 1, close < 0 ? i + 1 : close + 1);
  });
}

/** Returns the number that belongs to the word at `i`: after it, perhaps in brackets or after a name in brackets. */
function numberAfter(tokens: readonly Token[], i: number): { value: number; of: number | null; end: number } | null {
  let at = i + 1;
  if (isMark(tokens[at], '(') && tokens[at + 1]?.kind === 'word' && isMark(tokens[at + 2], ')')) at += 3;
  for (let marks = 0; marks < 2; marks++) {
    const token = tokens[at];
    if (token?.kind === 'mark' && OPENING.has(token.text)) at++;
  }
  const token = tokens[at];
  if (token?.kind === 'number' && !token.percent) {
    const of = isMark(tokens[at + 1], '/') && tokens[at + 2]?.kind === 'number' ? tokens[at + 2]! : null;
    const end = at + (of ? 3 : 1);
    return { value: token.value, of: of?.kind === 'number' ? of.value : null, end: closed(tokens, end) };
  }
  if (token?.kind === 'ratio') return { value: token.at, of: token.of, end: closed(tokens, at + 1) };
  return null;
}

const closed = (tokens: readonly Token[], end: number): number => (isMark(tokens[end], '])') ? end + 1 : end);

/** `[  10/5005]` right behind an epoch. */
function ratioAfter(
  tokens: readonly Token[],
  at: number,
): { within: NonNullable<Place['within']>; end: number } | null {
  const ratio = tokens[at + 1];
  if (!isMark(tokens[at], '[') || ratio?.kind !== 'ratio') return null;
  const close = tokens.findIndex((token, j) => j > at && isMark(token, ']'));
  return { within: { at: ratio.at, of: ratio.of }, end: close < 0 ? at + 2 : close + 1 };
}

function mark(used: Set<number>, from: number, to: number): void {
  for (let i = from; i < to; i++) used.add(i);
}

function readValues(tokens: readonly Token[], used: ReadonlySet<number>, near: boolean): Map<string, number> {
  const values = new Map<string, number>();
  let words: string[] = [];
  let split: string | null = null;
  let depth = 0;
  for (let i = 0; i < tokens.length && values.size < MAX_VALUES; i++) {
    const token = tokens[i]!;
    if (used.has(i)) {
      // `Train Epoch: 1 …`: the word before says what the line measures.
      split = splitOf(words) ?? split;
      words = [];
      continue;
    }
    if (token.kind === 'mark' && (token.text === '(' || token.text === ')')) {
      depth = Math.max(0, depth + (token.text === '(' ? 1 : -1));
      // `(loss=0.3)` is read; a number alone in brackets is a mean of what stands before it.
      words = [];
      continue;
    }
    if (token.kind === 'word') {
      words.push(token.text);
      // `mean=` never follows `loss` without a mark between them.
      if (words.length > MAX_WORDS) words.shift();
      const bare = bareValue(tokens, i, words, near);
      if (bare === null) continue;
      split = record(values, words.slice(-bare.words), split, bare.value, near) ?? split;
      words = [];
      i++;
      continue;
    }
    if (isMark(token, ':=') && words.length > 0) {
      // `episodic_return=[23.]` is an array with one number.
      const isArray = isMark(tokens[i + 1], '[') && isMark(tokens[i + 3], ']');
      if (isArray) i++;
      const next = tokens[i + 1];
      if (next?.kind === 'word' && !isWordNumber(next.text)) {
        // A heading: `Test set: Average loss: 0.05`.
        split = splitOf(words) ?? split;
        words = [];
        continue;
      }
      const value = next && !used.has(i + 1) ? valueOf(next) : null;
      if (value !== null && endsHere(tokens, i + 2, near) && (near || measured(next!))) {
        split = record(values, words, split, value, near) ?? split;
      }
      words = [];
      if (value !== null) i++;
      continue;
    }
    // A part of the data may be alone before a bar: `train | epoch 001 | loss 5.2`.
    if (isMark(token, '|') && words.length === 1) split = splitOf(words) ?? split;
    words = [];
  }
  return values;
}

const isWordNumber = (text: string): boolean => /^(?:nan|inf|infinity)$/i.test(text);

function valueOf(token: Token): number | null {
  if (token.kind === 'number') return token.value;
  // `Accuracy: 9838/10000` is a share.
  if (token.kind === 'ratio') return token.of > 0 && token.at <= token.of ? token.at / token.of : null;
  if (token.kind === 'word' && isWordNumber(token.text)) return /nan/i.test(token.text) ? NaN : Infinity;
  return null;
}

/** Settings are whole numbers (`precision: 16`); measurements have a fraction. */
const measured = (token: Token): boolean => token.kind !== 'number' || token.exact;

/** The number right behind a measure's name without a mark: `loss 0.12`. Returns how many words the name has. */
function bareValue(
  tokens: readonly Token[],
  i: number,
  words: readonly string[],
  near: boolean,
): { words: number; value: number } | null {
  const next = tokens[i + 1];
  const name = words.at(-1)!;
  if (!near || next?.kind !== 'number' || !isMeasure(name, true) || isNever(name)) return null;
  if (!endsHere(tokens, i + 2, near)) return null;
  let count = 1;
  for (; count < 3 && count < words.length; count++) {
    const before = words[words.length - 1 - count]!.toLowerCase();
    if (!LEADS.has(before) && !SPLITS.has(before) && !isMeasure(before, true)) break;
  }
  return { words: count, value: next.value };
}

/** Returns whether a value ends before token `at`: `loss: 3 of 10` has no loss. */
function endsHere(tokens: readonly Token[], at: number, near: boolean): boolean {
  const token = tokens[at];
  if (token?.kind === 'word') return near ? !SENTENCE.has(token.text.toLowerCase()) : isNamed(tokens, at);
  return token === undefined || token.kind === 'mark' || near;
}

/** Returns whether the words from `at` on are the name of a further value. */
function isNamed(tokens: readonly Token[], at: number): boolean {
  for (let i = at; i < at + MAX_WORDS; i++) {
    if (isMark(tokens[i], ':=')) return true;
    if (tokens[i]?.kind !== 'word') return false;
  }
  return false;
}

/** The part of the data that the words name first, as in `Test set` or `train`. */
function splitOf(words: readonly string[]): string | null {
  return words.length > 0 && words.length <= 3 ? (SPLITS.get(words[0]!.toLowerCase()) ?? null) : null;
}

/** Records a value if it is a metric. Returns the split that its name begins with. */
function record(
  values: Map<string, number>,
  words: readonly string[],
  split: string | null,
  value: number,
  near: boolean,
): string | null {
  const own = words.length > 1 ? splitOf(words.slice(0, 2)) : null;
  const rest = own ? words.slice(1) : words;
  if (rest.some((word) => SENTENCE.has(word.toLowerCase()) || looksLikePath(word))) return own;
  const name = rest.map(tidy).join('_');
  const measure = isMeasure(name, near);
  if (name.length > MAX_NAME || isNever(name) || isPlace(rest) || !(measure || near)) return own;
  const part = own ?? split;
  const whole = part === null || /^(?:lr|learning_rate)$/i.test(name) || namesSplit(name) ? name : `${part}/${name}`;
  if (!values.has(whole)) values.set(whole, value);
  return own;
}

const isPlace = (words: readonly string[]): boolean =>
  [EPOCH_WORDS, STEP_WORDS, BATCH_WORDS].some((known) => known.has(words.at(-1)!.toLowerCase()));

const namesSplit = (name: string): boolean => SPLITS.has((/^[a-z]+/i.exec(name)?.[0] ?? '').toLowerCase());
