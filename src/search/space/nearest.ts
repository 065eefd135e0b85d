/** Maximum length in UTF-16 units: longer words are not typos, and comparing them takes time. */
const LONGEST = 40;
/** Maximum number of candidates considered; a hostile file may have many. */
const MOST = 1000;

/**
 * Returns the candidate nearest to a mistyped word, or null if none is near: at most a third of the letters may be
 * wrong (insertions, deletions, replacements and swaps of neighbours; case is ignored), or else the candidate must
 * begin with the word.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  if (word.length > LONGEST) return null;
  for (const candidate of candidates.slice(0, MOST)) {
    const allowed = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (candidate.length > LONGEST || Math.abs(word.length - candidate.length) > allowed) continue;
    const wrong = distance(word.toLowerCase(), candidate.toLowerCase());
    if (wrong <= allowed && wrong < least) [best, least] = [candidate, wrong];
  }
  if (best !== null || word.length < 3) return best;
  return candidates.find((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase())) ?? null;
}

/** Computes the optimal string alignment distance. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, rows[i - 2]![j - 2]! + 1);
      }
      rows[i]![j] = value;
    }
  }
  return rows[a.length]![b.length]!;
}
