/**
 * Texts that are made in English and translated when they are shown: messages of schemas, reasons of samplers and pruners. Only
 * these texts are looked for. What a person or a program wrote, such as a key or an exception, keeps its words.
 */
import { filled } from './l10n.js';
import TEXTS from './retoldTexts.json';

/** A text of the translations with places for values, as a pattern. */
interface Pattern {
  key: string;
  /** Text before, between and after the places. */
  literals: string[];
  /** Numbers of the places, in their order in the text. */
  places: number[];
  /** True if the last place is for an advice, right behind a quoted name. */
  advised: boolean;
}

/** Letters that a pattern must have besides its values: shorter ones would match anything. */
const LEAST_LETTERS = 8;
/** Texts that are looked for at most, in UTF-16 units; what is longer is a program's output. */
const LONGEST = 1000;
/** Maximum number of reasons in a row: of the sampler, of its stages and of the pruner. */
const MOST_REASONS = 8;
const MOST_KNOWN = 2000;

/** Advice behind a quoted name. */
const ADVICE = ['; did you mean "{0}"?', '; it must be one of: {0}'];
/** Our own texts that are values of others. No other value is translated. */
const PIECES = [
  'did you mean "{0}"?',
  'it must be one of: {0}',
  "it must be mnist, or one of {0} with the files' names",
  'write it under blocks',
  'a group of settings',
  'a line of setup',
  'dropout rate',
  'pool size',
  'the last layer of a part',
  'none of the searched parameters has a gradient',
];
/** A hint of its own, too short to be found as a pattern. */
const KNOWN = 'known: {0}';
const KNOWN_START = 'known: ';
/** First value of a text that begins with one: our name of a key, never the words of a program. */
const FIRST_VALUE = /^(?!.*: )[ -~]{0,80}$/;

/** Makes a function that finds the English text which a message was made from, and says it by its translation. */
export function retelling(
  translations: Readonly<Record<string, string>>,
  texts: readonly string[] = TEXTS,
): (message: string) => string {
  const own = new Set(texts.filter((text) => Object.hasOwn(translations, text)));
  const known = new Map<string, string>();
  let patterns: { all: Pattern[]; advice: Pattern[]; pieces: Pattern[] } | null = null;
  const read = (): NonNullable<typeof patterns> =>
    (patterns ??= { all: patternsOf(own), advice: patternsOf(own, ADVICE), pieces: patternsOf(own, PIECES) });

  const say = (pattern: Pattern, values: readonly string[], advice = ''): string => {
    const told = values.map((value, i) => (isQuoted(pattern, i) ? value : piece(value)));
    const given: string[] = [];
    pattern.places.forEach((place, i) => (given[place] = i < told.length ? told[i]! : advice));
    return filled(translations[pattern.key]!, given);
  };
  const piece = (value: string): string => {
    if (own.has(value) && PIECES.includes(value)) return translations[value]!;
    for (const pattern of read().pieces) {
      const values = valuesIn(value, pattern);
      if (values) return filled(translations[pattern.key]!, inPlaces(pattern, values));
    }
    return value;
  };
  /** Says a whole text of ours. */
  const whole = (message: string): string | null => {
    if (own.has(message)) return translations[message]!;
    if (message.startsWith(KNOWN_START) && translations[KNOWN] !== undefined)
      return filled(translations[KNOWN], [message.slice(KNOWN_START.length)]);
    const { all, advice } = read();
    for (const pattern of all) {
      const values = valuesIn(message, pattern);
      if (values) return say(pattern, values);
    }
    for (const pattern of advice) {
      const at = message.lastIndexOf(pattern.literals[0]!);
      const values = at > 0 ? valuesIn(message.slice(at), pattern) : null;
      if (!values) continue;
      const head = message.slice(0, at);
      for (const advised of all.filter((one) => one.advised)) {
        const inHead = valuesIn(head, advised);
        if (inHead) return say(advised, inHead, filled(translations[pattern.key]!, inPlaces(pattern, values)));
      }
    }
    return null;
  };
  /** Says a text behind a name, `"lr": text`, or why a sampler or a pruner was chosen: `grid: reason`, `portfolio … (reason)`. */
  const reason = (text: string): string | null => {
    const told = whole(text);
    if (told !== null) return told;
    const name = /^(?:(?:pruner )?[a-z][A-Za-z]*|"[^"]*"): /.exec(text)?.[0];
    const because = name === undefined ? null : whole(text.slice(name.length));
    if (because !== null) return name + because;
    const at = text.startsWith('portfolio') && text.endsWith(')') ? text.lastIndexOf(' (') + 2 : 1;
    const inner = at > 1 ? whole(text.slice(at, -1)) : null;
    return inner === null ? null : `${text.slice(0, at)}${inner})`;
  };
  const find = (message: string): string => {
    const told = reason(message);
    // A quoted name may hold anything.
    if (told !== null || message.includes('"')) return told ?? message;
    const reasons = message.split('; ');
    if (reasons.length === 1 || reasons.length > MOST_REASONS) return message;
    return reasons.map((one) => reason(one) ?? one).join('; ');
  };
  return (message) => {
    if (message.length > LONGEST) return message;
    let told = known.get(message);
    if (told === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(message, (told = find(message)));
    }
    return told;
  };
}

/** Returns whether value `i` is in quotation marks: a name that a person chose. */
const isQuoted = ({ literals }: Pattern, i: number): boolean =>
  literals[i]!.endsWith('"') && (literals[i + 1] ?? '').startsWith('"');

function inPlaces({ places }: Pattern, values: readonly string[]): string[] {
  const given: string[] = [];
  places.forEach((place, i) => (given[place] = values[i]!));
  return given;
}

/** Returns the values of a text that was made from the pattern, in one pass over it; null: it was not. */
function valuesIn(text: string, { literals, places, advised }: Pattern): string[] | null {
  const last = literals.length - (advised ? 2 : 1);
  const [first, end] = [literals[0]!, literals[last]!];
  if (text.length < first.length + end.length || !text.startsWith(first) || !text.endsWith(end)) return null;
  const stop = text.length - end.length;
  const values: string[] = [];
  let from = first.length;
  for (let i = 1; i < last; i++) {
    const at = text.indexOf(literals[i]!, from);
    if (at < 0 || at + literals[i]!.length > stop) return null;
    values.push(text.slice(from, at));
    from = at + literals[i]!.length;
  }
  if (from > stop) return null;
  values.push(text.slice(from, stop));
  if (first === '' && !FIRST_VALUE.test(values[0]!)) return null;
  const isSame = values.every((value, i) => values[places.indexOf(places[i]!)] === value);
  return isSame ? values : null;
}

/** Returns the patterns of all texts with values, the most specific first. Two places side by side have no border. */
function patternsOf(own: ReadonlySet<string>, keys: Iterable<string> = own): Pattern[] {
  const found: (Pattern & { letters: number })[] = [];
  for (const key of keys) {
    const parts = key.split(/\{(\d+)\}/);
    const literals = parts.filter((_, i) => i % 2 === 0);
    const letters = literals.join('').length;
    const isAmbiguous = literals.slice(1, -1).includes('');
    if (!own.has(key) || parts.length === 1 || letters < LEAST_LETTERS || isAmbiguous) continue;
    const places = parts.filter((_, i) => i % 2 === 1).map(Number);
    const advised = literals.length > 2 && literals.at(-1) === '' && literals.at(-2) === '"';
    found.push({ key, literals, places, advised, letters });
  }
  return found.sort((a, b) => b.letters - a.letters);
}
