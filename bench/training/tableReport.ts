/** Report of the default network on small tables, beside scikit-learn's. */

export interface Score {
  table: string;
  split: number;
  /** Accuracy, or R² for numbers, on the held-out quarter. */
  ours: number;
  plain: number;
  scaled: number;
}

const SIDES = { ours: 'Tunesmith', scaled: 'MLP, scaled inputs', plain: 'MLP' } as const;
type Side = keyof typeof SIDES;
const ALL = Object.keys(SIDES) as Side[];

/** Returns the rank of each side in a row of scores, from 1; sides that tie share the mean of their ranks. */
export function ranksOf(row: Record<Side, number>): Record<Side, number> {
  const rank = (side: Side): number => {
    const better = ALL.filter((other) => row[other] > row[side]).length;
    const equal = ALL.filter((other) => row[other] === row[side]).length;
    return better + (equal + 1) / 2;
  };
  return { ours: rank('ours'), scaled: rank('scaled'), plain: rank('plain') };
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export function tableReport(scores: readonly Score[], version: string): string {
  const tables = [...new Set(scores.map(({ table }) => table))];
  const means = tables.map((table) => {
    const rows = scores.filter((one) => one.table === table);
    const of = (side: Side): number => mean(rows.map((row) => row[side]));
    return { table, ours: of('ours'), scaled: of('scaled'), plain: of('plain') };
  });
  const ranks = scores.map(ranksOf);
  const splits = scores.length / tables.length;
  const line = (cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Defaults on small tables',
    '',
    'The network that the trainer chooses when a section names only the CSV file and the loss, beside the defaults of scikit-learn’s MLP, as it is and',
    'behind a `StandardScaler`. Made by `node bench/training/tables.mjs`; not edited by hand.',
    '',
    `- scikit-learn ${version}. ${splits} random splits of each table: three quarters to train on, one quarter to score on, used for nothing else.`,
    '- Accuracy; for diabetes and friedman, whose targets are numbers, R². Moons, circles, clusters, hastie and friedman are generated. A rank is among the three on the same split; lower is better.',
    '',
    line(['', ...ALL.map((side) => SIDES[side])]),
    line(['---', ...ALL.map(() => '--:')]),
    ...means.map((row) => line([row.table, ...ALL.map((side) => row[side].toFixed(3))])),
    line(['mean rank', ...ALL.map((side) => mean(ranks.map((row) => row[side])).toFixed(2))]),
    '',
  ].join('\n');
}
