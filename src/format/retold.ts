/** Texts that are made in English and translated when they are shown: messages of schemas, reasons of samplers and pruners. */
import { filled } from './l10n.js';

/** A text of the translations with places for values, as a pattern. */
interface Pattern {
  key: string;
  expression: RegExp;
  /** Numbers of the places, in their order in the text. */
  places: number[];
}

/** Letters that a pattern must have besides its values: shorter ones would match anything. */
const LEAST_LETTERS = 8;
/** Texts that are looked for at most, in UTF-16 units; what is longer is a program's output. */
const LONGEST = 1000;
/** Values within values: `unknown key "x"; did you mean "y"?`. */
const DEEPEST = 3;
const MOST_KNOWN = 2000;

/** Makes a function that finds the English text which a message was made from, and says it by its translation. */
export function retelling(translations: Readonly<Record<string, string>>): (message: string) => string {
  const known = new Map<string, string>();
  let patterns: Pattern[] | null = null;
  const find = (message: string, depth: number): string | null => {
    if (Object.hasOwn(translations, message)) return translations[message]!;
    patterns ??= patternsOf(translations);
    for (const { key, expression, places } of patterns) {
      const match = expression.exec(message);
      if (!match) continue;
      const values: string[] = [];
      places.forEach((place, i) => {
        const value = match[i + 1]!;
        values[place] = depth < DEEPEST && value.includes(' ') ? (find(value, depth + 1) ?? value) : value;
      });
      return filled(translations[key]!, values);
    }
    // A problem with its advice, or a choice with its reason.
    const [, first, mark, rest] = /^(.+?)(; |: | \()(.+)$/s.exec(message) ?? [];
    if (first === undefined || depth >= DEEPEST) return null;
    const isBracket = mark === ' (' && rest!.endsWith(')');
    const inner = isBracket ? rest!.slice(0, -1) : rest!;
    const told = find(inner, depth + 1);
    return told === null ? null : `${find(first, depth + 1) ?? first}${mark}${told}${isBracket ? ')' : ''}`;
  };
  return (message) => {
    if (message.length > LONGEST) return message;
    let told = known.get(message);
    if (told === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(message, (told = find(message, 0) ?? message));
    }
    return told;
  };
}

/** Patterns of all texts with values, the most specific first. */
function patternsOf(translations: Readonly<Record<string, string>>): Pattern[] {
  const found: (Pattern & { letters: number })[] = [];
  for (const key of Object.keys(translations)) {
    const parts = key.split(/\{(\d+)\}/);
    const letters = parts.filter((_, i) => i % 2 === 0).join('').length;
    if (parts.length === 1 || letters < LEAST_LETTERS) continue;
    const text = parts.map((part, i) => (i % 2 === 1 ? '(.*?)' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
    const places = parts.filter((_, i) => i % 2 === 1).map(Number);
    found.push({ key, expression: new RegExp(`^${text.join('')}$`, 's'), places, letters });
  }
  return found.sort((a, b) => b.letters - a.letters);
}
