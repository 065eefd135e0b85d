/** Draws runs side by side, with what differs. */
import { l10n } from '../../format/l10n.js';
import { SECTIONS, type RunToCompare } from '../../format/runDiff.js';
import { columnTitle, comparison, sectionTitle } from '../../drawing/runs/comparison.js';
import { MOST_COMPARED } from '../../protocol/panel/index.js';
import { BlockError } from '../problem.js';
import type { BlockOf } from '../blocks/keys.js';
import type { DrawParts, Drawn } from './parts.js';
import { liveOf, selectRuns } from './select.js';

/** Runs that are compared if the block says no number. */
const COUNT = 3;
const NOTHING = { code: null, environment: null, data: null };

export async function drawCompare(keys: BlockOf<'compare'>, parts: DrawParts): Promise<Drawn> {
  const { runs: all } = await selectRuns(keys, parts, COUNT);
  const runs = all.slice(0, MOST_COMPARED);
  if (runs.length === 0) throw new BlockError(l10n.t('No run matches.'));
  const compared = await Promise.all(runs.map(({ id }) => readCompared(id, parts)));
  const wanted = keys.sections ?? SECTIONS;
  const sections = comparison(compared, keys.all ?? false).filter(({ section }) => wanted.includes(section));
  const details = compared.map(({ run }) => run);
  const cut = all.length > runs.length ? l10n.t('{0} of {1} runs', runs.length, all.length) : '';
  return {
    title: keys.title ?? l10n.t('Comparison'),
    note: cut,
    runs: runs.map(({ id }) => id),
    live: liveOf(runs),
    table: {
      columns: [
        { title: l10n.t('Name'), isNumber: false },
        ...details.map((run) => ({ title: columnTitle(run, details), isNumber: false })),
      ],
      rows: sections
        .filter(({ rows }) => rows.length > 0)
        .flatMap(({ section, rows }) => [
          { isHeading: true, cells: [{ text: sectionTitle(section) }, ...details.map(() => ({ text: '' }))] },
          ...rows.map(({ name, cells }) => ({
            cells: [
              { text: name },
              ...cells.map(({ text, change, differs }) => ({ text, differs, ...(change !== '' && { more: change }) })),
            ],
          })),
        ]),
    },
  };
}

async function readCompared(id: string, { ask }: DrawParts): Promise<RunToCompare> {
  const run = await ask('runs/get', { id });
  if (run.foreign) return { run, recorded: NOTHING, changes: null };
  const recorded = await ask('runs/recorded', { id });
  const changes = recorded.code?.diff ? (await ask('runs/code', { id })).changes : null;
  return { run, recorded, changes };
}
