/** Random numbers that depend on a key alone: on no call order, no clock and no machine. */

/** sfc32 (Doty-Humphrey, PractRand), seeded by FNV-1a of the key. */
export class Keyed {
  private a: number;
  private b: number;
  private c: number;
  private count = 1;

  constructor(key: string) {
    this.a = fnv(key, 0x811c9dc5);
    this.b = fnv(key, 0x9e3779b9);
    this.c = fnv(key, 0x85ebca6b);
    for (let i = 0; i < 15; i++) this.bits();
  }

  private bits(): number {
    const sum = (this.a + this.b + this.count++) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }

  /** In (0, 1). */
  next(): number {
    return (this.bits() + 0.5) / 4294967296;
  }
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
  int(n: number): number {
    return Math.floor(this.next() * n);
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.next())) * Math.cos(2 * Math.PI * this.next());
  }
  shuffle<T>(items: readonly T[]): T[] {
    const all = [...items];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }
}

function fnv(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** Rows of a rotation drawn evenly: Gram-Schmidt on normal vectors. */
export function rotation(random: Keyed, d: number): Float64Array[] {
  const rows: Float64Array[] = [];
  while (rows.length < d) {
    const row = Float64Array.from({ length: d }, () => random.normal());
    for (const other of rows) {
      const dot = row.reduce((sum, v, i) => sum + v * other[i]!, 0);
      for (let i = 0; i < d; i++) row[i]! -= dot * other[i]!;
    }
    const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    if (norm < 1e-6) continue;
    rows.push(row.map((v) => v / norm));
  }
  return rows;
}

export const turn = (rows: readonly Float64Array[], x: ArrayLike<number>): Float64Array =>
  Float64Array.from(rows, (row) => row.reduce((sum, v, i) => sum + v * x[i]!, 0));
