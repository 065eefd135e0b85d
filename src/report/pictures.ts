/** Pictures that a report names, read from the workspace. Nothing is fetched, and no link leads out of the folder. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import * as path from 'node:path';
import type { Token } from 'markdown-it';
import { l10n } from '../format/l10n.js';
import type { ReportDocument } from './document.js';
import { realWithin } from './within.js';

const MIMES: Record<string, string> = {
  ...{ '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.gif': 'image/gif' },
  ...{ '.webp': 'image/webp', '.svg': 'image/svg+xml' },
};
/** Bytes of one picture, and of all together. */
const MOST_BYTES = 10 * 2 ** 20;
const MOST_BYTES_OF_ALL = 40 * 2 ** 20;

export interface Picture {
  /** As a data URL; null if it can't be shown. */
  data: string | null;
  mime: string;
  bytes: Buffer | null;
  /** Why it can't be shown. */
  why: string;
}
export type Pictures = ReadonlyMap<string, Picture>;

/** `file`: the report; `workspace`: the folder that pictures may come from. */
export async function readPictures(document: ReportDocument, file: string, workspace: string): Promise<Pictures> {
  const sources = new Set(
    document.pieces.flatMap((piece) => (piece.kind === 'markdown' ? sourcesIn(piece.tokens) : [])),
  );
  const found = new Map<string, Picture>();
  let left = MOST_BYTES_OF_ALL;
  for (const source of sources) {
    const picture = await readPicture(source, file, workspace, Math.min(MOST_BYTES, left));
    left -= picture.bytes?.length ?? 0;
    found.set(source, picture);
  }
  return found;
}

function sourcesIn(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => [
    ...(token.type === 'image' ? [String(token.attrGet('src') ?? '')] : []),
    ...sourcesIn(token.children ?? []),
  ]);
}

async function readPicture(source: string, file: string, workspace: string, limit: number): Promise<Picture> {
  const refuse = (why: string): Picture => ({ data: null, mime: '', bytes: null, why });
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(source)) return refuse(l10n.t('pictures from elsewhere are not loaded'));
  let relative: string;
  try {
    relative = decodeURIComponent(source.replace(/[?#].*$/s, ''));
  } catch {
    return refuse(l10n.t('not found'));
  }
  const mime = MIMES[path.extname(relative).toLowerCase()];
  if (!mime) return refuse(l10n.t('only PNG, JPEG, GIF, WebP and SVG are shown'));
  try {
    const real = await realWithin(workspace, path.dirname(file), relative);
    if (real === null) return refuse(l10n.t('outside the folder'));
    const handle = await open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return refuse(l10n.t('not a file'));
      if (stat.size > limit) return refuse(l10n.t('too large'));
      const bytes = await handle.readFile();
      return { data: `data:${mime};base64,${bytes.toString('base64')}`, mime, bytes, why: '' };
    } finally {
      await handle.close();
    }
  } catch {
    return refuse(l10n.t('not found'));
  }
}
