/** Metrics that several ranks of a distributed job have logged: those of rank n are `rank<n>/<name>`, rank 0 has the plain name. */
const RANKED = /^rank([1-9]\d{0,8})\/(.+)$/s;
/** Ranks of one run that are read at most. */
export const MOST_RANKS = 64;

/** Returns rank and plain name of a metric of a rank other than 0; null for all others. */
export function rankedOf(metric: string): { rank: number; name: string } | null {
  const [, rank, name] = RANKED.exec(metric) ?? [];
  return rank === undefined ? null : { rank: Number(rank), name: name! };
}

/** Name under which a rank has logged a metric. */
export const nameAt = (metric: string, rank: number): string => (rank === 0 ? metric : `rank${rank}/${metric}`);

/** Returns the metrics without those of other ranks that rank 0 has, too. */
export const ofFirstRank = (metrics: readonly string[]): string[] => {
  const all = new Set(metrics);
  return metrics.filter((metric) => !all.has(rankedOf(metric)?.name ?? ''));
};

/** Ranks that have logged a metric, ascending, 0 included; `metrics`: names of all metrics of the run. */
export function ranksWith(metrics: readonly string[], metric: string): number[] {
  const ranks: number[] = [];
  for (const name of metrics) {
    if (name === metric) ranks.push(0);
    const ranked = rankedOf(name);
    if (ranked?.name === metric) ranks.push(ranked.rank);
  }
  return ranks.sort((a, b) => a - b).slice(0, MOST_RANKS);
}
