/** Reads the YAML of a live block, with a place for each mistake. */
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { suggest } from '../../experiment/suggest.js';
import { l10n } from '../../format/l10n.js';
import type { ReportProblem } from '../problem.js';
import { BLOCK_KINDS, BLOCKS, type AnyBlock, type BlockKind } from './keys.js';

export interface ReadBlock {
  /** Null if there are mistakes. */
  block: AnyBlock | null;
  problems: ReportProblem[];
}

/**
 * `info`: the words behind the fence, such as `tunesmith chart`. `line`: line of the file on which the text begins, from 1.
 * `defaults`: keys of the report's front matter, which hold for every block that knows them.
 */
export function readBlock(
  info: string,
  text: string,
  line: number,
  defaults: Readonly<Record<string, unknown>> = {},
): ReadBlock {
  const word = info.trim().split(/\s+/)[1] ?? '';
  const kind = BLOCK_KINDS.find((one) => one === word);
  if (!kind) {
    const near = suggest(word, BLOCK_KINDS);
    const message =
      word === ''
        ? l10n.t('The kind of the block is missing, such as {0}.', '```tunesmith chart')
        : l10n.t('There is no block "{0}".', word);
    const hint = near ? l10n.t('Did you mean "{0}"?', near) : l10n.t('Kinds of blocks: {0}.', BLOCK_KINDS.join(', '));
    return { block: null, problems: [{ line: line - 1, column: 1, message, hint }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line: at, col } = lines.linePos(Math.min(offset, text.length));
    return { line: line + Math.max(0, at - 1), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    const [error] = document.errors;
    const message = error!.message.split('\n')[0]!;
    return { block: null, problems: [{ ...place(error!.pos[0]), message: sentence(message), hint: '' }] };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    return { block: null, problems: [{ line, column: 1, message: sentence((error as Error).message), hint: '' }] };
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    const message = l10n.t('A block has keys with values, such as metrics: val/loss.');
    return { block: null, problems: [{ line, column: 1, message, hint: '' }] };
  }
  const known = Object.keys(BLOCKS[kind].shape);
  const own = Object.fromEntries(Object.entries(defaults).filter(([key]) => known.includes(key)));
  const parsed = BLOCKS[kind].safeParse({ ...own, ...value });
  if (parsed.success) return { block: { kind, keys: parsed.data } as AnyBlock, problems: [] };
  return { block: null, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, kind, document, place)) };
}

const sentence = (text: string): string => (/[.!?:]$/.test(text) ? text : `${text}.`);

function problemsOf(
  issue: z.core.$ZodIssue,
  kind: BlockKind,
  document: Document,
  place: (offset: number) => { line: number; column: number },
): ReportProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = Object.keys(issue.path.length > 0 ? {} : BLOCKS[kind].shape);
      const near = suggest(key, known);
      const hint = near
        ? l10n.t('Did you mean "{0}"?', near)
        : known.length > 0
          ? l10n.t('Keys: {0}.', known.join(', '))
          : '';
      return {
        ...rangeOf([...issue.path, key], document, place),
        message: l10n.t('There is no key "{0}" here.', key),
        hint,
      };
    });
  }
  const name = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return [{ ...rangeOf(issue.path, document, place), message: sentence(`${name}${issue.message}`), hint: '' }];
}

/** Place of the key that a path names, or of the deepest part of the path that is written. */
function rangeOf(
  path: readonly PropertyKey[],
  document: Document,
  place: (offset: number) => { line: number; column: number },
): { line: number; column: number; endColumn?: number } {
  let node: Node | null = document.contents as Node | null;
  let at: readonly [number, number, number] | null | undefined = node?.range;
  for (const part of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
    if (!pair) break;
    at = (pair.key as Node).range;
    node = pair.value as Node | null;
  }
  if (!at) return place(0);
  const start = place(at[0]);
  return { ...start, endColumn: start.column + Math.max(1, at[1] - at[0]) };
}
