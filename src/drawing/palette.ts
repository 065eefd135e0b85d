/**
 * Looks of curves: ten colors that people with any color vision tell apart (styles/series.css has them as
 * `--ts-series-0…9`, one set a theme), then the same ten with other dash patterns.
 */
export const COLORS = 10;
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4]];

/** The colours of series.css, for drawings outside the panel: on dark and on light backgrounds. */
export const SERIES = {
  dark: '#4ba3f5 #da8f0b #9cf921 #f5474b #75fef9 #bb6cc2 #f7d695 #3c9888 #eeacf4 #83c882'.split(' '),
  light: '#0067b8 #d0750a #02a05e #f85093 #751f21 #541791 #546221 #9783be #af0078 #8e3de8'.split(' '),
} as const;

export interface Look {
  /** Index of a series colour of the theme. */
  color: number;
  dash: readonly number[];
  /** A color that the person chose, or that represents a number, in place of the theme's. */
  css?: string;
}

export function look(index: number): Look {
  return { color: index % COLORS, dash: DASHES[Math.floor(index / COLORS) % DASHES.length]! };
}

/**
 * Assigns indices that stay with a run for as long as it is drawn, so that hiding or adding a run recolors no other. A
 * new run gets the smallest free index.
 */
export class Palette {
  private readonly indices = new Map<string, number>();
  /** Looks of runs from before the panel was reloaded. */
  private readonly remembered = new Map<string, number>();

  /** `drawn` in order of creation. True when anything changed. */
  assign(drawn: readonly string[]): boolean {
    const before = this.indices.size;
    const wanted = new Set(drawn);
    for (const id of this.indices.keys()) if (!wanted.has(id)) this.indices.delete(id);
    const taken = new Set(this.indices.values());
    const newcomers = drawn.filter((id) => !this.indices.has(id));
    const give = (id: string, index: number): void => {
      taken.add(index);
      this.indices.set(id, index);
    };
    for (const id of newcomers) {
      const index = this.remembered.get(id);
      if (index !== undefined && !taken.has(index)) give(id, index);
    }
    let next = 0;
    for (const id of newcomers) {
      if (this.indices.has(id)) continue;
      while (taken.has(next)) next++;
      give(id, next);
    }
    return newcomers.length > 0 || this.indices.size !== before;
  }

  /** For the panel's stored state. */
  save(): Record<string, number> {
    return Object.fromEntries(this.indices);
  }

  restore(looks: Record<string, number>): void {
    for (const [id, index] of Object.entries(looks)) this.remembered.set(id, index);
  }

  of(id: string): Look {
    return look(this.indices.get(id) ?? 0);
  }
}
