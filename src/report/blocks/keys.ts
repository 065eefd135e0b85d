/** Keys of the live blocks of a report. They are those of saved views, and a few that say more in one word. */
import { z } from 'zod';
import { BANDS } from '../../drawing/bands.js';
import { isColor, MOST_AXES, SIDES } from '../../drawing/cardAxes.js';
import { SMOOTHINGS } from '../../drawing/smoothing.js';
import { l10n } from '../../format/l10n.js';
import { Goal } from '../../protocol/engine/rows.js';
import { SECTIONS } from '../../format/runDiff.js';

export const BLOCK_KINDS = ['chart', 'table', 'runs', 'compare', 'parallel', 'scatter', 'importance', 'media'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** Runs and rows of one block at most, so that a page stays quick. */
export const MOST_DRAWN = 500;
export const MOST_ROWS = 1000;

const Text = z.string().min(1).max(4000);
const Texts = z.union([Text, z.array(Text).min(1).max(100)]).transform((value) => [value].flat());
const Count = z.number().int().min(1).max(MOST_ROWS);

/** Which runs a block is about. */
const Selection = {
  title: z.string().max(500).optional(),
  /** Name of a saved view whose settings it begins with. */
  view: Text.optional(),
  experiment: Text.optional(),
  runs: Texts.optional(),
  search: Text.optional(),
  filter: Text.optional(),
  /** The best so many by the objective. */
  best: Count.optional(),
  newest: Count.optional(),
  draw: z
    .object({ by: Text, descending: z.boolean().default(true), count: Count })
    .strict()
    .optional(),
};
const Looks = {
  groupBy: Texts.optional(),
  colorBy: Text.optional(),
  dashBy: Text.optional(),
};
const Table = {
  columns: Texts.optional(),
  sort: Text.optional(),
  descending: z.boolean().optional(),
  groupBy: Texts.optional(),
  baseline: Text.optional(),
};

export const BLOCKS = {
  chart: z
    .object({
      ...Selection,
      ...Looks,
      metrics: Texts.optional(),
      /** Metrics on a second vertical axis. */
      right: Texts.optional(),
      /** Vertical axes with their metrics; those that none names are on the first. */
      axes: z
        .array(
          z
            .object({
              metrics: Texts,
              side: z.enum(SIDES).default('left'),
              color: z
                .string()
                .refine(isColor, { error: () => l10n.t('Write a colour as #rrggbb, such as "#4ba3f5".') })
                .optional(),
            })
            .strict(),
        )
        .min(1)
        .max(MOST_AXES)
        .optional(),
      x: Text.optional(),
      xMetric: Text.optional(),
      logX: z.boolean().optional(),
      logY: z.boolean().optional(),
      smoothing: z.number().min(0).max(0.999).optional(),
      smoothKind: z.enum(SMOOTHINGS).optional(),
      outliers: z.number().min(0).max(0.24).optional(),
      band: z.enum(BANDS).optional(),
      height: z.number().int().min(160).max(1200).optional(),
      legend: z.boolean().optional(),
    })
    .strict(),
  table: z.object({ ...Selection, ...Table }).strict(),
  runs: z.object({ ...Selection, ...Table }).strict(),
  compare: z
    .object({ ...Selection, sections: z.array(z.enum(SECTIONS)).min(1).optional(), all: z.boolean().optional() })
    .strict(),
  parallel: z.object({ ...Selection, params: Texts.optional(), target: Text.optional() }).strict(),
  scatter: z.object({ ...Selection, x: Text.optional(), y: Text.optional(), color: Text.optional() }).strict(),
  importance: z.object({ ...Selection, target: Text.optional(), goal: Goal.optional() }).strict(),
  media: z
    .object({
      ...Selection,
      names: Texts.optional(),
      /** The newest files at or before this step, or the first if all come later; absent: the newest. */
      step: z.number().optional(),
      width: z.number().int().min(40).max(1000).optional(),
    })
    .strict(),
} as const;

export type BlockOf<K extends BlockKind> = z.output<(typeof BLOCKS)[K]>;
export type AnyBlock = { [K in BlockKind]: { kind: K; keys: BlockOf<K> } }[BlockKind];
/** Keys that every kind has. */
export type SelectionKeys = Pick<
  BlockOf<'chart'>,
  'title' | 'view' | 'experiment' | 'runs' | 'search' | 'filter' | 'best' | 'newest' | 'draw'
>;
export const SELECTION_KEYS = Object.keys(Selection);

/** One line about each key, for completion and hovers. */
export function keyHelp(key: string): string {
  switch (key) {
    case 'title':
      return l10n.t('Heading of the block');
    case 'view':
      return l10n.t('Name of a saved view whose settings it begins with');
    case 'experiment':
      return l10n.t('Experiment whose runs are shown');
    case 'runs':
      return l10n.t('Names or ids of runs');
    case 'search':
      return l10n.t('Id of a search whose trials are shown');
    case 'filter':
      return l10n.t('A filter as in the table, such as lr < 0.001 and status = completed');
    case 'best':
      return l10n.t('Only the best so many by the objective');
    case 'newest':
      return l10n.t('Only the newest so many');
    case 'draw':
      return l10n.t('Only the first so many by a column: { by, descending, count }');
    case 'metrics':
      return l10n.t('Metrics, or formulas such as train/loss - val/loss');
    case 'right':
      return l10n.t('Metrics on a second vertical axis');
    case 'axes':
      return l10n.t(
        'Vertical axes, each with its metrics, side and colour: [{ metrics: lr, side: right, color: "#da8f0b" }]',
      );
    case 'x':
      return l10n.t('Horizontal axis: step, epoch, time, wall, or a column');
    case 'xMetric':
      return l10n.t('Metric on the horizontal axis, with x: metric');
    case 'y':
      return l10n.t('Column on the vertical axis');
    case 'color':
      return l10n.t('Column that gives the colours');
    case 'logX':
    case 'logY':
      return l10n.t('Logarithmic axis');
    case 'smoothing':
      return l10n.t('Strength of the smoothing, from 0 to 0.999');
    case 'smoothKind':
      return l10n.t('Kind of the smoothing');
    case 'outliers':
      return l10n.t('Share of the values at each end that may lie outside the axis');
    case 'groupBy':
      return l10n.t('Fields that runs are grouped by');
    case 'band':
      return l10n.t('Band around the mean of a group');
    case 'colorBy':
    case 'dashBy':
      return l10n.t('Field that gives colours or dashes');
    case 'height':
      return l10n.t('Height in pixels');
    case 'legend':
      return l10n.t('Shows the names of the curves');
    case 'columns':
      return l10n.t('Columns: parameters, metrics, formulas, status, objective, duration, tags');
    case 'sort':
      return l10n.t('Column that rows are sorted by');
    case 'descending':
      return l10n.t('Greatest first');
    case 'baseline':
      return l10n.t('Run that the others are compared with');
    case 'sections':
      return l10n.t('Parts that are compared');
    case 'all':
      return l10n.t('Also shows what is the same in all runs');
    case 'params':
      return l10n.t('Parameters that get an axis');
    case 'target':
      return l10n.t('Column that is explained; without it, the objective');
    case 'names':
      return l10n.t('Names under which files were logged; without it, all');
    case 'step':
      return l10n.t('Shows the files of this step, else of the newest before it, else of the first');
    case 'width':
      return l10n.t('Width of each picture in pixels');
    case 'goal':
      return l10n.t('Direction of the target');
    default:
      return '';
  }
}
