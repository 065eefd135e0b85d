/**
 * Reads one line of YAML flow text, such as `{ log: [1e-5, 1e-1] }` or `[adam, sgd]`: a search space as written in the
 * experiment file. Gives the panel the value to start a search with, and an error next to the field at once; the
 * extension host checks the same text by the file's own rules.
 */
import { groupMark, isFloatText, listMark, type FloatMark } from '../../../src/protocol/values/floats.js';
import { l10n } from '../../../src/format/l10n.js';

export type SpaceResult = { value: unknown; float?: FloatMark } | { error: string };

class Refusal extends Error {}

export function parseSpace(text: string): SpaceResult {
  try {
    if (/\n/.test(text.trim())) throw new Refusal(l10n.t('Write it on one line, such as { log: [1e-5, 1e-1] }.'));
    const reader = new Reader(text);
    const { value, float } = reader.value('');
    reader.end();
    return checkShape(value, float);
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message };
    throw error;
  }
}

/** A space is a map with a kind, a list of choices, or one fixed value; anything finer is the file's schema. */
function checkShape(value: unknown, float: FloatMark): SpaceResult {
  if (value === null)
    return { error: l10n.t('Give a range or choices, such as { uniform: [0, 1] } or { choice: [a, b] }.') };
  if (Array.isArray(value) && value.length === 0) return { error: l10n.t('The list of choices is empty.') };
  if (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0) {
    return { error: l10n.t('Give a range or choices, such as { uniform: [0, 1] } or { choice: [a, b] }.') };
  }
  return float === null ? { value } : { value, float };
}

/** `float`: which whole numbers of the value were written as floats. */
interface Typed {
  value: unknown;
  float: FloatMark;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  value(stops: string): Typed {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.map();
    if (char === '[') return this.list();
    if (char === '"' || char === "'") return { value: this.quoted(char), float: null };
    return this.plain(stops);
  }

  end(): void {
    this.space();
    if (this.text[this.at] === '#' && /\s/.test(this.text[this.at - 1] ?? ' ')) return;
    if (this.at < this.text.length)
      throw new Refusal(l10n.t('Unexpected "{0}".', this.text.slice(this.at, this.at + 12)));
  }

  private map(): Typed {
    this.at++;
    const entries: [string, Typed][] = [];
    for (;;) {
      this.space();
      if (this.take('}')) break;
      const key = this.value(',:}]').value;
      if (key === null || typeof key === 'object') throw new Refusal(l10n.t('A name is missing before ":" or "}".'));
      this.space();
      if (!this.take(':')) throw new Refusal(l10n.t('":" is missing after "{0}".', String(key)));
      entries.push([String(key), this.value(',}]')]);
      this.space();
      if (!this.take(',') && this.text[this.at] !== '}') throw new Refusal(l10n.t('A closing "}" is missing.'));
    }
    return {
      value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
      float: groupMark(entries.map(([key, { float }]) => [key, float] as const)),
    };
  }

  private list(): Typed {
    this.at++;
    const items: Typed[] = [];
    for (;;) {
      this.space();
      if (this.take(']')) {
        return { value: items.map(({ value }) => value), float: listMark(items.map(({ float }) => float)) };
      }
      if (this.text[this.at] === ',') throw new Refusal(l10n.t('A value is missing before ",".'));
      items.push(this.value(',]}'));
      this.space();
      if (!this.take(',') && this.text[this.at] !== ']') throw new Refusal(l10n.t('A closing "]" is missing.'));
    }
  }

  private quoted(quote: string): string {
    const start = this.at++;
    let text = '';
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at]!;
      if (quote === '"' && char === '\\') {
        this.at++;
        continue;
      }
      if (char !== quote) text += char;
      else if (quote === "'" && this.text[this.at + 1] === "'") {
        text += "'";
        this.at++;
      } else {
        this.at++;
        return quote === '"' ? (JSON.parse(this.text.slice(start, this.at)) as string) : text;
      }
    }
    throw new Refusal(l10n.t('A closing {0} is missing.', quote));
  }

  private plain(stops: string): Typed {
    const start = this.at;
    while (this.at < this.text.length && !stops.includes(this.text[this.at]!)) {
      if (this.text[this.at] === '#' && /\s/.test(this.text[this.at - 1] ?? ' ')) break;
      this.at++;
    }
    const text = this.text.slice(start, this.at).trim();
    if (this.text[this.at] === '#') this.at = this.text.length;
    const value = scalar(text);
    return { value, float: Number.isInteger(value) && isFloatText(text) ? true : null };
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }
}

/** A plain scalar by YAML 1.2's core schema. */
export function scalar(text: string): string | number | boolean | null {
  if (text === '' || text === '~' || /^null$/i.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  return text;
}
