/**
 * Which curve looks how. Ten colours that people with any colour vision tell apart (styles/series.css holds them as
 * `--ts-series-0…9`, one set a theme), then the same ten with other dash patterns.
 */
export const COLORS = 10;
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4]];

export interface Look {
  color: number;
  dash: readonly number[];
}

export function look(index: number): Look {
  return { color: index % COLORS, dash: DASHES[Math.floor(index / COLORS) % DASHES.length]! };
}

/**
 * Hands out indices that stay with a run for as long as it is drawn, so that hiding or adding a run recolours no
 * other. The smallest free index goes to the next newcomer.
 */
export class Palette {
  private readonly indices = new Map<string, number>();

  /** `drawn` in order of creation. */
  assign(drawn: readonly string[]): void {
    const wanted = new Set(drawn);
    for (const id of this.indices.keys()) if (!wanted.has(id)) this.indices.delete(id);
    const taken = new Set(this.indices.values());
    let next = 0;
    for (const id of drawn) {
      if (this.indices.has(id)) continue;
      while (taken.has(next)) next++;
      taken.add(next);
      this.indices.set(id, next);
    }
  }

  of(id: string): Look {
    return look(this.indices.get(id) ?? 0);
  }
}
