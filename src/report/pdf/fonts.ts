/** Fonts of a PDF: those that come with Tunesmith, and for other characters the first of the system's that has them. */
import { existsSync, readdirSync, type Dirent } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import * as fontkit from 'fontkit';

/** A file, or a collection with the name of one of its fonts. */
type FontFile = string | [file: string, postscriptName: string];
export type FontFamilies = Record<string, Record<'normal' | 'bold' | 'italics' | 'bolditalics', FontFile>>;

export const TEXT = 'Roboto';
export const CODE = 'Courier';

/** Fonts with many characters, the better ones first; the name within a collection, by a part of it. */
const KNOWN: readonly (readonly [file: string, within?: string])[] = [
  ['NotoSansCJK-Regular.ttc', 'CJKsc'],
  ['NotoSansSC-Regular.otf'],
  ['NotoSansSC-Regular.ttf'],
  ['SourceHanSansSC-Regular.otf'],
  ['PingFang.ttc', 'PingFangSC-Regular'],
  ['Hiragino Sans GB.ttc'],
  ['STHeiti Light.ttc'],
  ['msyh.ttc'],
  ['simsun.ttc'],
  ['wqy-microhei.ttc'],
  ['wqy-zenhei.ttc'],
  ['DroidSansFallbackFull.ttf'],
  ['malgun.ttf'],
  ['meiryo.ttc'],
  ['Arial Unicode.ttf'],
  ['DejaVuSans.ttf'],
  ['NotoSans-Regular.ttf'],
  ['NotoSansSymbols2-Regular.ttf'],
  ['NotoSansArabic-Regular.ttf'],
  ['NotoSansDevanagari-Regular.ttf'],
  ['segoeui.ttf'],
  ['seguisym.ttf'],
];
const FOLDERS = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  path.join(homedir(), '.local', 'share', 'fonts'),
  path.join(homedir(), '.fonts'),
  '/System/Library/Fonts',
  '/Library/Fonts',
  path.join(homedir(), 'Library', 'Fonts'),
  path.join(process.env.WINDIR ?? 'C:\\Windows', 'Fonts'),
];
/** Entries of font folders that are looked at. */
const MOST_ENTRIES = 20_000;

interface Face {
  family: string;
  file: FontFile;
  has(point: number): boolean;
}

export class PdfFonts {
  readonly families: FontFamilies;
  /** Characters that no font here has. */
  readonly missing = new Set<string>();
  private readonly text: fontkit.Font;
  private fallbacks: Face[] | null = null;
  private readonly familyOf = new Map<number, string | null>();

  /** `folder`: has the fonts that come with Tunesmith. */
  constructor(folder: string) {
    const own = (name: string): string => path.join(folder, `Roboto-${name}.ttf`);
    this.families = {
      [TEXT]: {
        ...{ normal: own('Regular'), bold: own('Medium') },
        ...{ italics: own('Italic'), bolditalics: own('MediumItalic') },
      },
      [CODE]: {
        ...{ normal: 'Courier', bold: 'Courier-Bold' },
        ...{ italics: 'Courier-Oblique', bolditalics: 'Courier-BoldOblique' },
      },
    };
    this.text = fontkit.openSync(own('Regular')) as fontkit.Font;
  }

  /** Families as pdfmake takes them, and the fonts within collections by the name that stands for them there. */
  split(): {
    direct: Record<string, Record<string, string>>;
    collections: Map<string, [file: string, postscriptName: string]>;
  } {
    const collections = new Map<string, [string, string]>();
    const direct = Object.entries(this.families).map(([family, styles]): [string, Record<string, string>] => {
      const own = Object.entries(styles).map(([style, file]): [string, string] => {
        if (typeof file === 'string') return [style, file];
        collections.set(`${family}-font`, file);
        return [style, `${family}-font`];
      });
      return [family, Object.fromEntries(own)];
    });
    return { direct: Object.fromEntries(direct), collections };
  }

  /** The text in pieces, each with the family that has its characters; undefined: that of the surrounding text. */
  pieces(text: string): { text: string; font?: string }[] {
    const pieces: { text: string; font?: string }[] = [];
    for (const character of text) {
      const font = this.family(character) ?? undefined;
      const last = pieces.at(-1);
      // A blank goes with what is before it.
      if (last && (last.font === font || /\s/.test(character))) last.text += character;
      else pieces.push({ text: character, ...(font !== undefined && { font }) });
    }
    return pieces;
  }

  /** One family for a whole text: a line of a drawing has one font. Undefined: the usual one. */
  readonly forLine = (text: string): string | undefined => {
    for (const character of text) {
      const family = this.family(character);
      if (family !== null) return family;
    }
    return undefined;
  };

  /** Null: the usual font has it, or none has. */
  private family(character: string): string | null {
    const point = character.codePointAt(0)!;
    if (point < 0x20 || this.text.hasGlyphForCodePoint(point)) return null;
    const known = this.familyOf.get(point);
    if (known !== undefined) return known;
    this.fallbacks ??= findFonts();
    const face = this.fallbacks.find((one) => one.has(point));
    // Selectors of variants and joiners show nothing by themselves.
    if (!face && !/[\p{M}\p{Cf}]/u.test(character)) this.missing.add(character);
    if (face && !this.families[face.family]) {
      const { file } = face;
      this.families[face.family] = { normal: file, bold: file, italics: file, bolditalics: file };
    }
    this.familyOf.set(point, face?.family ?? null);
    return face?.family ?? null;
  }
}

function findFonts(): Face[] {
  const wanted = new Map(KNOWN.map(([file], i) => [file.toLowerCase(), i]));
  const found = new Map<number, string>();
  let left = MOST_ENTRIES;
  const look = (folder: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      if (left-- <= 0) return;
      const at = path.join(folder, entry.name);
      if (entry.isDirectory() && depth < 5) look(at, depth + 1);
      const place = wanted.get(entry.name.toLowerCase());
      if (place !== undefined && !entry.isDirectory() && !found.has(place)) found.set(place, at);
    }
  };
  for (const folder of FOLDERS) if (existsSync(folder)) look(folder, 0);
  return [...found.entries()]
    .sort(([a], [b]) => a - b)
    .flatMap(([place, file]) => faceOf(file, KNOWN[place]![1], place) ?? []);
}

/** Null: the file can't be read as a font. */
function faceOf(file: string, within: string | undefined, place: number): Face | null {
  try {
    const opened = fontkit.openSync(file);
    const family = `System${place}`;
    if (opened.type === 'TTF' || opened.type === 'WOFF' || opened.type === 'WOFF2') {
      const font = opened as fontkit.Font;
      return { family, file, has: (point) => font.hasGlyphForCodePoint(point) };
    }
    const fonts = (opened as fontkit.FontCollection).fonts;
    const font =
      fonts.find(({ postscriptName }) => within !== undefined && postscriptName.includes(within)) ?? fonts[0]!;
    return { family, file: [file, font.postscriptName], has: (point) => font.hasGlyphForCodePoint(point) };
  } catch {
    return null;
  }
}
