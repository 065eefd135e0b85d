/** The pieces of a report as content of a PDF: Markdown, drawings as vectors, and tables that go on over pages. */
import type { Token } from 'markdown-it';
import { l10n } from '../../format/l10n.js';
import { SERIES } from '../../drawing/palette.js';
import { WIDTH, type SvgLook } from '../../drawing/svgParts.js';
import type { ReportDocument } from '../document.js';
import { lineText, type Shown } from '../drawAll.js';
import type { Medium, TableData } from '../draw/index.js';
import type { Pictures } from '../pictures.js';
import { problemText } from '../problem.js';
import { CODE, TEXT, type PdfFonts } from './fonts.js';
import { bytesOf, isOutward, SVG, SVG_OPTIONS } from './svg.js';
import { isWhole } from './whole.js';

/** Content as pdfmake takes it. */
export type Content = Record<string, unknown> | Content[] | string;

/** Width between the margins of an A4 page, in points. */
const ROOM = 499;
const FAINT = '#59636e';
const LINE = '#d1d9e0';
const ERROR = '#b42318';
const SIZES = [22, 17, 14, 12, 11, 11];

interface Style {
  bold?: boolean;
  italics?: boolean;
  font?: string;
  fontSize?: number;
  color?: string;
  background?: string;
  link?: string;
  decoration?: string;
}

export class PdfContent {
  private at = 0;
  private tokens: readonly Token[] = [];

  constructor(
    private readonly fonts: PdfFonts,
    private readonly pictures: Pictures,
    /** SVGs that the writer can't draw, with the reason. */
    private readonly unfit: ReadonlyMap<string, string>,
  ) {}

  all(document: ReportDocument, shown: readonly Shown[]): Content[] {
    const content: Content[] = [];
    for (const piece of document.pieces) {
      if (piece.kind === 'markdown') content.push(...this.markdown(piece.tokens));
      else content.push(...this.block(shown[piece.index]!, piece.index));
    }
    return content;
  }

  /** Pieces of text, each in a font that has its characters. */
  text(text: string, style: Style = {}): Content[] {
    if (style.font === CODE) {
      // Courier has the characters of western Europe alone.
      return [...text.matchAll(/[\n\x20-\x7e\xa0-\xff]+|[^\n\x20-\x7e\xa0-\xff]+/g)].flatMap(([part]) =>
        /^[\n\x20-\x7e\xa0-\xff]/.test(part) ? [{ ...style, text: part }] : this.text(part, { ...style, font: TEXT }),
      );
    }
    return this.fonts.pieces(text).map((piece) => ({ ...style, ...piece }));
  }

  // ---- live blocks ----

  private block({ drawn, problems }: Shown, index: number): Content[] {
    if (!drawn)
      return problems.map((problem) => ({
        text: this.text(`${lineText(problem.line, problem.column)}: ${problemText(problem)}`, { color: ERROR }),
        margin: [0, 4, 0, 8],
      }));
    const parts: Content[] = [];
    if (drawn.title !== '') parts.push({ text: this.text(drawn.title, { bold: true }), margin: [0, 8, 0, 4] });
    if (drawn.media) parts.push(...drawn.media.map((medium) => this.medium(medium, drawn.mediaWidth)));
    else if (drawn.svg) parts.push({ svg: drawn.svg(this.look(index)), width: ROOM, font: TEXT, options: SVG_OPTIONS });
    else parts.push(this.table(drawn.table));
    if (drawn.note !== '')
      parts.push({ text: this.text(drawn.note, { color: FAINT, fontSize: 8.5 }), margin: [0, 2, 0, 10] });
    // A drawing stays with its title; a table may go on over pages.
    return drawn.svg ? [{ stack: parts, unbreakable: true }] : parts;
  }

  /** A file with its caption; sounds, videos and kinds of pictures that a PDF can't have are named. */
  private medium({ caption, shown }: Medium, width = ROOM / 2): Content {
    const named = (why: string): Content => ({ text: this.text(why, { color: FAINT, italics: true }) });
    const cut = shown.kind === 'table' || shown.kind === 'text' ? shown.isCut : false;
    const content = (): Content => {
      switch (shown.kind) {
        case 'image':
          return this.picture(shown.url, bytesOf(shown.url), shown.mime, [Math.min(ROOM, width), 500], named);
        case 'audio':
          return named(l10n.t('a sound, which a PDF can’t play'));
        case 'video':
          return named(l10n.t('a video, which a PDF can’t play'));
        case 'table':
          return this.table(shown.table);
        case 'text':
          return this.code(shown.text);
        case 'none':
          return named(shown.why);
      }
    };
    const head = { text: this.text(caption, { color: FAINT, fontSize: 8.5 }), margin: [0, 4, 0, 2] };
    const isWhole = shown.kind !== 'table' && shown.kind !== 'text';
    return {
      stack: [head, content(), ...(cut ? [named(l10n.t('Only the beginning is shown.'))] : [])],
      unbreakable: isWhole,
      margin: [0, 0, 0, 6],
    };
  }

  /** A picture of a folder, or what `named` makes of the reason why a PDF can't have it. */
  private picture<T>(url: string, bytes: Buffer, mime: string, fit: number[], named: (why: string) => T) {
    if (mime === SVG) {
      const svg = bytes.toString('utf8');
      const why = this.unfit.get(svg);
      return why === undefined ? { svg, fit, options: SVG_OPTIONS } : named(why);
    }
    if (mime !== 'image/png' && mime !== 'image/jpeg')
      return named(l10n.t('a PDF has only PNG, JPEG and SVG pictures'));
    return isWhole(bytes, mime) ? { image: url, fit } : named(l10n.t('the picture is damaged'));
  }

  private look(index: number): SvgLook {
    return {
      ...{ text: '#1f2328', faint: FAINT, grid: '#e4e7ea', axis: '#8a929b', background: '#ffffff', font: TEXT },
      ...{ series: SERIES.light, fontFor: this.fonts.forLine, id: `b${index}`, width: WIDTH },
    };
  }

  private table({ columns, rows }: TableData): Content {
    const fontSize = columns.length > 12 ? 5.5 : columns.length > 9 ? 6.5 : columns.length > 6 ? 7.5 : 9;
    const alignment = (i: number): string => (columns[i]?.isNumber ? 'right' : 'left');
    const body: Content[] = [
      columns.map(({ title }, i) => ({ text: this.text(title, { bold: true }), alignment: alignment(i) })),
      ...rows.map(({ cells, isHeading }): Content => {
        if (isHeading)
          return cells.map(({ text }, i) =>
            i === 0 ? { text: this.text(text, { bold: true }), colSpan: columns.length, margin: [0, 6, 0, 0] } : {},
          );
        return cells.map(({ text, more, differs }, i) => ({
          text: [
            ...this.text(text, differs ? { bold: true } : {}),
            ...(more === undefined ? [] : this.text(` ${more}`, { color: FAINT })),
          ],
          alignment: alignment(i),
        }));
      }),
    ];
    if (rows.length === 0)
      body.push(
        columns.map((_, i) =>
          i === 0 ? { text: this.text(l10n.t('No run matches.'), { color: FAINT }), colSpan: columns.length } : {},
        ),
      );
    return this.grid(body, columns.length, fontSize, 1);
  }

  private grid(body: Content[], columns: number, fontSize: number, headerRows: number): Content {
    return {
      // Text columns share what numbers leave.
      table: { headerRows, dontBreakRows: true, widths: Array<string>(columns).fill(columns > 6 ? '*' : 'auto'), body },
      fontSize,
      margin: [0, 4, 0, 8],
      layout: {
        hLineWidth: (i: number) => (i === 0 ? 0 : i === headerRows ? 1 : 0.5),
        vLineWidth: () => 0,
        hLineColor: () => LINE,
        paddingLeft: (i: number) => (i === 0 ? 0 : 4),
        paddingRight: () => 4,
        paddingTop: () => 2,
        paddingBottom: () => 2,
      },
    };
  }

  // ---- Markdown ----

  private markdown(tokens: readonly Token[]): Content[] {
    [this.tokens, this.at] = [tokens, 0];
    return this.until(null);
  }

  /** Content up to the token that ends the surrounding one. */
  private until(end: string | null): Content[] {
    const content: Content[] = [];
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at++]!;
      if (token.type === end) break;
      const made = this.one(token);
      if (made !== null) content.push(made);
    }
    return content;
  }

  private one(token: Token): Content | null {
    switch (token.type) {
      case 'heading_open': {
        const level = Number(token.tag.slice(1));
        const inline = this.tokens[this.at]!;
        this.until('heading_close');
        return {
          text: this.inline(inline.children ?? [], { bold: true, fontSize: SIZES[level - 1]! }),
          ...{ margin: [0, level < 3 ? 14 : 10, 0, 5], headlineLevel: level },
        };
      }
      case 'paragraph_open': {
        const inline = this.tokens[this.at]!;
        this.until('paragraph_close');
        return this.paragraph(inline.children ?? [], token.hidden);
      }
      case 'bullet_list_open':
        return { ul: this.items('bullet_list_close'), margin: [0, 0, 0, 6] };
      case 'ordered_list_open':
        return {
          ol: this.items('ordered_list_close'),
          ...{ start: Number(token.attrGet('start') ?? 1), margin: [0, 0, 0, 6] },
        };
      case 'blockquote_open': {
        const inner = this.until('blockquote_close');
        return {
          table: { widths: ['*'], body: [[{ stack: inner, color: FAINT }]] },
          layout: {
            hLineWidth: () => 0,
            vLineWidth: (i: number) => (i === 0 ? 3 : 0),
            ...{ vLineColor: () => LINE, paddingLeft: () => 10 },
          },
          margin: [0, 2, 0, 8],
        };
      }
      case 'fence':
      case 'code_block':
      case 'html_block':
        return this.code(token.content);
      case 'hr':
        return {
          canvas: [{ type: 'line', x1: 0, y1: 0, x2: ROOM, y2: 0, lineWidth: 0.5, lineColor: LINE }],
          margin: [0, 8, 0, 8],
        };
      case 'table_open':
        return this.markdownTable();
      case 'inline':
        return this.paragraph(token.children ?? [], true);
      default:
        return null;
    }
  }

  private code(text: string): Content {
    return {
      table: {
        widths: ['*'],
        body: [[{ text: this.text(text.trimEnd() || ' ', { font: CODE, fontSize: 9 }), preserveLeadingSpaces: true }]],
      },
      layout: {
        ...{ hLineWidth: () => 0, vLineWidth: () => 0, fillColor: () => '#f3f4f6' },
        ...{ paddingLeft: () => 8, paddingRight: () => 8, paddingTop: () => 6, paddingBottom: () => 6 },
      },
      margin: [0, 2, 0, 8],
    };
  }

  private items(end: string): Content[] {
    const items: Content[] = [];
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at++]!;
      if (token.type === end) break;
      if (token.type === 'list_item_open') items.push({ stack: this.until('list_item_close') });
    }
    return items;
  }

  private markdownTable(): Content {
    const body: Content[] = [];
    let [row, isHead, headerRows]: [Content[], boolean, number] = [[], false, 0];
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at++]!;
      if (token.type === 'table_close') break;
      if (token.type === 'thead_open') isHead = true;
      if (token.type === 'thead_close') isHead = false;
      if (token.type === 'tr_open') row = [];
      if (token.type === 'tr_close') {
        body.push(row);
        if (isHead) headerRows++;
      }
      if (token.type !== 'th_open' && token.type !== 'td_open') continue;
      const side = /text-align:(left|right|center)/.exec(String(token.attrGet('style') ?? ''))?.[1];
      const inline = this.tokens[this.at]!;
      row.push({
        text: this.inline(inline.children ?? [], isHead ? { bold: true } : {}),
        ...(side && { alignment: side }),
      });
    }
    const columns = Math.max(1, ...body.map((cells) => (cells as Content[]).length));
    return this.grid(body, columns, columns > 6 ? 7.5 : 9.5, headerRows);
  }

  private paragraph(children: readonly Token[], tight: boolean): Content {
    const margin = [0, 0, 0, tight ? 2 : 7];
    const [only] = children;
    if (children.length === 1 && only!.type === 'image') return { ...this.image(only!), margin };
    return { text: this.inline(children, {}), margin };
  }

  private image(token: Token): Record<string, unknown> {
    const found = this.pictures.get(String(token.attrGet('src') ?? ''));
    const missing = (why: string) => ({
      text: this.text(`${token.content} (${why})`, { color: FAINT, italics: true }),
    });
    if (!found?.bytes) return missing(found?.why ?? l10n.t('not loaded'));
    return this.picture(found.data!, found.bytes, found.mime, [ROOM, 600], missing);
  }

  private inline(children: readonly Token[], given: Style): Content[] {
    const content: Content[] = [];
    const styles: Style[] = [given];
    const now = (): Style => styles.at(-1)!;
    for (const token of children) {
      switch (token.type) {
        case 'text':
        case 'html_inline':
          content.push(...this.text(token.content, now()));
          break;
        case 'softbreak':
          content.push({ ...now(), text: ' ' });
          break;
        case 'hardbreak':
          content.push({ ...now(), text: '\n' });
          break;
        case 'code_inline':
          content.push(...this.text(token.content, { ...now(), font: CODE, background: '#f3f4f6' }));
          break;
        case 'strong_open':
          styles.push({ ...now(), bold: true });
          break;
        case 'em_open':
          styles.push({ ...now(), italics: true });
          break;
        case 's_open':
          styles.push({ ...now(), decoration: 'lineThrough' });
          break;
        case 'link_open': {
          const to = String(token.attrGet('href') ?? '');
          styles.push({ ...now(), color: '#0969da', ...(isOutward(to) && { link: to }) });
          break;
        }
        case 'strong_close':
        case 'em_close':
        case 's_close':
        case 'link_close':
          styles.pop();
          break;
        case 'image': {
          const text = token.content || String(token.attrGet('src') ?? '');
          content.push(...this.text(`[${text}]`, { ...now(), color: FAINT }));
          break;
        }
      }
    }
    return content.length > 0 ? content : [{ ...given, text: '' }];
  }
}
