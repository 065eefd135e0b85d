/** The part of Markdown that logs are written in, as data: nothing of a text becomes markup by itself. */

export type Inline = { kind: 'text' | 'strong' | 'emphasis' | 'code'; text: string } | { kind: 'link'; text: string; to: string };
export type Block =
  | { kind: 'heading'; level: number; parts: Inline[] }
  | { kind: 'paragraph'; parts: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] };

const MOST_LINES = 5000;
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\[([^\]]*)\]\(([^)\s]+)\)/g;

/** Emphasis, code and links of one line. */
export function inline(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) });
    const [whole, code, strong, under, emphasis, label, to] = match;
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (strong ?? under) parts.push({ kind: 'strong', text: (strong ?? under)! });
    else if (emphasis !== undefined) parts.push({ kind: 'emphasis', text: emphasis });
    else parts.push({ kind: 'link', text: label!, to: to! });
    at = match.index + whole.length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
const isDivider = (line: string | undefined): boolean => line !== undefined && /^[\s|:-]+$/.test(line) && line.includes('-');
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;

/** Returns the blocks of a text, at most its first 5,000 lines. */
export function markdown(text: string): Block[] {
  const lines = text.split(/\r?\n/).slice(0, MOST_LINES);
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', parts: inline(paragraph.join(' ')) });
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (line.startsWith('```')) {
      endParagraph();
      const end = lines.findIndex((each, at) => at > i && each.startsWith('```'));
      const last = end < 0 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(i + 1, last).join('\n') });
      i = last;
    } else if (heading) {
      endParagraph();
      blocks.push({ kind: 'heading', level: heading[1]!.length, parts: inline(heading[2]!) });
    } else if (/^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line) && paragraph.length === 0) blocks.push({ kind: 'rule' });
    else if (line.includes('|') && isDivider(lines[i + 1]) && cellsOf(line).length === cellsOf(lines[i + 1]!).length) {
      endParagraph();
      const rows: Inline[][][] = [];
      const head = cellsOf(line).map(inline);
      for (i += 2; i < lines.length && lines[i]!.includes('|'); i++) rows.push(cellsOf(lines[i]!).map(inline));
      i--;
      blocks.push({ kind: 'table', head, rows });
    } else if (item) {
      endParagraph();
      const ordered = item[1] !== undefined;
      const last = blocks.at(-1);
      const isNext = last?.kind === 'list' && last.ordered === ordered && ITEM.test(lines[i - 1] ?? '');
      if (isNext) last.items.push(inline(item[2]!));
      else blocks.push({ kind: 'list', ordered, items: [inline(item[2]!)] });
    } else if (line.trim() === '') endParagraph();
    else paragraph.push(line.trim());
  }
  endParagraph();
  return blocks;
}
