/**
 * Finds a position in a YAML or JSON text that may be half written: the keys that lead to it. A parser rejects such
 * text, so this reads indentation and brackets only.
 */
export interface Entry {
  /** Keys of the enclosing mappings, outermost first; `-` represents an item of a list. */
  path: string[];
  key: string;
  /** Offsets of the key, without quotes. */
  from: number;
  to: number;
}

export interface Place {
  /** Keys that lead to the mapping or value at the position. */
  path: string[];
  /** The kind of text that is expected here. */
  kind: 'key' | 'value';
  /** Offset at which the part that has been typed begins. */
  from: number;
  /** Within `{ }` or `[ ]`. */
  flow: boolean;
}

interface Block {
  indent: number;
  key: string;
}

const KEY =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#{}[\],&*!|>%@`:-][^#{}[\],:]*|-[^\s#{}[\],:][^#{}[\],:]*?)\s*:(?=\s|$)/;
const FLOW_KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#{}[\],:][^{}[\],:#]*?)\s*:(?=[\s"'{[]|$)/;

/** UTF-16 units of a text, and of one line, beyond which there is no completion: each key costs a scan of its line. */
const LARGEST = 1_000_000;
const LONGEST_LINE = 5000;

/** Reads the text up to `until` and ignores the rest. */
export function scan(text: string, until = text.length): { entries: Entry[]; place: Place } {
  const entries: Entry[] = [];
  const blocks: Block[] = [];
  /** Open brackets; `key` is the one being given a value. */
  const flow: { bracket: string; key: string | null }[] = [];
  let place: Place = { path: [], kind: 'key', from: 0, flow: false };
  let base: string[] = [];

  const flowPath = () => [
    ...base,
    ...flow.flatMap(({ bracket, key }) => (bracket === '[' ? ['-'] : key === null ? [] : [key])),
  ];

  /** One flow context, from `at`; returns where it stopped: the end of the line or the closing bracket. */
  const readFlow = (line: string, start: number, at: number): void => {
    let expect: 'key' | 'value' = flow.at(-1)?.bracket === '{' && flow.at(-1)?.key === null ? 'key' : 'value';
    let from = start + at;
    while (at < line.length) {
      const character = line[at]!;
      const top = flow.at(-1);
      if (start + at >= until) break;
      if (character === '#' && (at === 0 || /\s/.test(line[at - 1]!))) break;
      if (/\s/.test(character)) {
        at++;
        continue;
      }
      if (character === '{' || character === '[') {
        flow.push({ bracket: character, key: null });
        expect = character === '{' ? 'key' : 'value';
        from = start + ++at;
      } else if (character === '}' || character === ']') {
        flow.pop();
        at++;
        if (flow.length === 0) return;
        expect = 'value';
      } else if (character === ',') {
        if (top) top.key = null;
        expect = top?.bracket === '{' ? 'key' : 'value';
        from = start + ++at;
      } else if (top?.bracket === '{' && top.key === null) {
        const match = FLOW_KEY.exec(line.slice(at));
        if (match && start + at + match[0].length <= until) {
          const raw = match[1]!;
          entries.push(entry(flowPath(), raw, start + at));
          top.key = unquote(raw);
          at += match[0].length;
          expect = 'value';
          from = start + at;
        } else at = skipScalar(line, at);
      } else at = skipScalar(line, at);
    }
    if (start + line.length >= until || start + at >= until)
      place = { path: flowPath(), kind: expect, from: skipBlanks(text, from, until), flow: true };
  };

  if (text.length > LARGEST) return { entries, place };
  let start = 0;
  for (const whole of text.split('\n')) {
    if (start > until) break;
    const line = whole.length > LONGEST_LINE ? '' : whole;
    if (flow.length > 0) readFlow(line, start, 0);
    else {
      let at = /^ */.exec(line)![0].length;
      const content = line.slice(at);
      const blank = content.trim() === '' || content.startsWith('#');
      let indent = blank && until <= start + line.length ? Math.min(at, Math.max(0, until - start)) : at;
      if (!blank || until <= start + line.length) {
        // A list item may start at the same column as the key it belongs to.
        const isItem = /^-(\s|$)/.test(content);
        const over = ({ indent: its, key }: Block) => its > indent || (its === indent && (!isItem || key === '-'));
        while (blocks.length > 0 && over(blocks.at(-1)!)) blocks.pop();
        while (line[at] === '-' && /\s|$/.test(line[at + 1] ?? '') && start + at < until) {
          blocks.push({ indent, key: '-' });
          at += 1 + /^ */.exec(line.slice(at + 1))![0].length;
          indent = at;
        }
        const path = blocks.map(({ key }) => key);
        const match = KEY.exec(line.slice(at));
        if (match && start + at + match[0].length <= until) {
          entries.push(entry(path, match[1]!, start + at));
          blocks.push({ indent, key: unquote(match[1]!) });
          at += match[0].length;
          base = [...path, unquote(match[1]!)];
          place = { path: base, kind: 'value', from: skipBlanks(text, start + at, until), flow: false };
        } else {
          base = path;
          place = { path, kind: 'key', from: Math.min(start + at, until), flow: false };
        }
        const rest = /^\s*(?=[{[])/.exec(line.slice(at));
        if (rest && start + at + rest[0].length < until) readFlow(line, start, at + rest[0].length);
      }
    }
    start += whole.length + 1;
  }
  return { entries, place };
}

function entry(path: string[], raw: string, at: number): Entry {
  const quoted = /^["']/.test(raw) ? 1 : 0;
  return { path, key: unquote(raw), from: at + quoted, to: at + raw.length - quoted };
}

function unquote(raw: string): string {
  return /^["']/.test(raw) ? raw.slice(1, -1) : raw.trim();
}

function skipBlanks(text: string, from: number, until: number): number {
  let at = from;
  while (at < until && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}

/** Over a quoted or plain scalar, at least one character. */
function skipScalar(line: string, at: number): number {
  const rest = line.slice(at);
  const quoted = /^("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)/.exec(rest);
  const length = quoted?.[0].length ?? /^[^,{}[\]:"']+/.exec(rest)?.[0].length ?? 1;
  return at + Math.max(1, length);
}
