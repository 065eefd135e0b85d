/** Splits text with a terminal's color sequences into styled pieces. Pure. */

export interface AnsiLook {
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  /** 0 to 15: a colour of the theme's palette; else `#rrggbb`. */
  color?: number | string;
  background?: number | string;
}
export interface AnsiPiece extends AnsiLook {
  text: string;
}

const SEQUENCE = /\u001b\[([\d;:]*)m/g;

/** Splits a line. Sequences other than colors must be removed first (`LineFolder`). */
export function ansiPieces(line: string): AnsiPiece[] {
  const pieces: AnsiPiece[] = [];
  let look: AnsiLook = {};
  let at = 0;
  const add = (text: string) => text !== '' && pieces.push({ ...look, text });
  for (const match of line.matchAll(SEQUENCE)) {
    add(line.slice(at, match.index));
    at = match.index + match[0].length;
    look = changed(look, match[1]!);
  }
  add(line.slice(at));
  return pieces;
}

function changed(before: AnsiLook, parameters: string): AnsiLook {
  const codes = parameters.split(/[;:]/).map((code) => Number(code) || 0);
  let look: AnsiLook = { ...before };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) look = {};
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 3) look.italic = true;
    else if (code === 4) look.underline = true;
    else if (code === 7) look.inverse = true;
    else if (code === 22) look = { ...look, bold: false, dim: false };
    else if (code === 23) delete look.italic;
    else if (code === 24) delete look.underline;
    else if (code === 27) delete look.inverse;
    else if (code >= 30 && code <= 37) look.color = code - 30;
    else if (code >= 90 && code <= 97) look.color = code - 82;
    else if (code === 39) delete look.color;
    else if (code >= 40 && code <= 47) look.background = code - 40;
    else if (code >= 100 && code <= 107) look.background = code - 92;
    else if (code === 49) delete look.background;
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(i + 1));
      i += used;
      if (color === null) continue;
      if (code === 38) look.color = color;
      else look.background = color;
    }
  }
  return look;
}

/** Reads the numbers behind 38 or 48: a colour of 256, or red, green and blue. Returns how many were used. */
function extended([kind, a = 0, b = 0, c = 0]: readonly number[]): [number | string | null, number] {
  if (kind === 5) return [indexed(a), 2];
  if (kind === 2) return [hex(a, b, c), 4];
  return [null, 1];
}

const LEVELS = [0, 95, 135, 175, 215, 255];

/** A colour of the 256: 16 of the theme, a cube of 6 × 6 × 6, 24 greys. */
function indexed(at: number): number | string | null {
  if (at < 0 || at > 255) return null;
  if (at < 16) return at;
  if (at >= 232) return hex(8 + 10 * (at - 232), 8 + 10 * (at - 232), 8 + 10 * (at - 232));
  const cube = at - 16;
  return hex(LEVELS[Math.floor(cube / 36)]!, LEVELS[Math.floor(cube / 6) % 6]!, LEVELS[cube % 6]!);
}

const hex = (...channels: number[]): string =>
  `#${channels.map((one) => Math.max(0, Math.min(255, one)).toString(16).padStart(2, '0')).join('')}`;
