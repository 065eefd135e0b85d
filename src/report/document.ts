/** A report's text as pieces: Markdown as it is, and live blocks between it. Raw HTML is text. */
import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { LineCounter, parseDocument } from 'yaml';
import { l10n } from '../format/l10n.js';
import { readBlock } from './blocks/read.js';
import type { AnyBlock } from './blocks/keys.js';
import { BLOCK_WORD } from './names.js';
import type { ReportProblem } from './problem.js';

export interface BlockPiece {
  kind: 'block';
  /** Place among the blocks, from 0. */
  index: number;
  /** Line of the fence, from 1, and the line after the one that ends it. */
  line: number;
  end: number;
  /** The fence that would end it, which goes to the end of the file; '' if one does. */
  missing: string;
  /** Its kind and its lines: the same text is the same drawing. */
  text: string;
  block: AnyBlock | null;
  problems: ReportProblem[];
}
export type Piece = { kind: 'markdown'; tokens: Token[] } | BlockPiece;

export interface ReportDocument {
  title: string;
  pieces: Piece[];
  blocks: BlockPiece[];
  /** Mistakes outside the blocks: in the front matter. */
  problems: ReportProblem[];
}

/** Live blocks of one report; what follows stays code. */
export const MOST_BLOCKS = 100;

export type Markdown = ReturnType<typeof makeMarkdown>;

export function makeMarkdown() {
  // Without `html`, tags of the text are shown as they are written. Links that run something are left as text.
  return new MarkdownIt({ html: false, linkify: true, typographer: false });
}

export function readDocument(text: string, markdown = makeMarkdown()): ReportDocument {
  const front = frontMatter(text);
  const tokens = markdown.parse(front.body, {});
  const lines = front.body.split(/\r\n?|\n/);
  const pieces: Piece[] = [];
  const blocks: BlockPiece[] = [];
  let run: Token[] = [];
  for (const token of tokens) {
    const isLive = token.type === 'fence' && token.level === 0 && token.info.trim().split(/\s+/)[0] === BLOCK_WORD;
    if (!isLive || blocks.length >= MOST_BLOCKS) {
      run.push(token);
      continue;
    }
    if (run.length > 0) pieces.push({ kind: 'markdown', tokens: run });
    run = [];
    const { line, end, missing } = fenceOf(token, lines);
    const read = readBlock(token.info, token.content, line + 1, front.defaults);
    const piece: BlockPiece = {
      ...{ kind: 'block', index: blocks.length, line, end, missing },
      text: `${token.info}\n${token.content}\n${front.source}`,
      ...read,
    };
    pieces.push(piece);
    blocks.push(piece);
  }
  if (run.length > 0) pieces.push({ kind: 'markdown', tokens: run });
  return { title: front.title ?? headingOf(tokens), pieces, blocks, problems: front.problems };
}

/** A fenced block of any kind: its lines as those of a live block. */
type Fence = Pick<BlockPiece, 'line' | 'end' | 'missing'>;

function fenceOf({ map, markup }: Token, lines: readonly string[]): Fence {
  const [line, end] = [(map?.[0] ?? 0) + 1, (map?.[1] ?? 0) + 1];
  const last = /^ {0,3}(`+|~+)\s*$/.exec(lines[end - 2] ?? '')?.[1];
  const isEnded = end - 1 > line && last !== undefined && last.startsWith(markup);
  return { line, end, missing: isEnded ? '' : markup };
}

/** The fenced blocks of a text, those within lists and quotes left out. */
export function fencesIn(text: string): Fence[] {
  const { body } = frontMatter(text);
  const lines = body.split(/\r\n?|\n/);
  const tokens = makeMarkdown().parse(body, {});
  return tokens.filter(({ type, level }) => type === 'fence' && level === 0).map((token) => fenceOf(token, lines));
}

/** Text of the first heading, or ''. */
function headingOf(tokens: readonly Token[]): string {
  const at = tokens.findIndex(({ type }) => type === 'heading_open');
  return at < 0 ? '' : (tokens[at + 1]?.children ?? []).map(({ content }) => content).join('');
}

interface Front {
  title: string | null;
  defaults: Record<string, unknown>;
  /** The text with as many lines as before, without the front matter. */
  body: string;
  source: string;
  problems: ReportProblem[];
}

/** Reads the YAML between two lines of dashes at the top: `title`, and keys that hold for every block. */
function frontMatter(text: string): Front {
  const match = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*\r?$/m.exec(text);
  if (!match || match.index !== 0) return { title: null, defaults: {}, body: text, source: '', problems: [] };
  const source = match[1]!;
  const body = match[0].replaceAll(/[^\n]/g, '') + text.slice(match[0].length);
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  const none = { title: null, defaults: {}, body, source };
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    return { ...none, problems: [{ line: line + 1, column: Math.max(1, col), message: error.message, hint: '' }] };
  }
  let value: unknown = null;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch {
    // Aliases that multiply: as if it were empty.
  }
  if (value === null) return { ...none, problems: [] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    const message = l10n.t('The lines above the second --- have keys with values, such as experiment: digits.');
    return { ...none, problems: [{ line: 2, column: 1, message, hint: '' }] };
  }
  const { title, ...defaults } = value as Record<string, unknown>;
  return { ...none, title: typeof title === 'string' ? title : null, defaults, problems: [] };
}
