import { ENDED_STATUSES } from '../../protocol/engine/index.js';
import { formatBytes } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import { JSON_OPTION, type Command } from '../command.js';
import { safeLine } from '../text/terminal.js';

/** Runs in one request, and in one page of the list. */
const AT_ONCE = 20;
const PAGE = 1000;

export const pack: Command = {
  name: 'pack',
  usage: '[RUN …]',
  summary: l10n.t('Packs the journals of ended runs to about a tenth of their size, without loss.'),
  details: l10n.t(
    'This command does it now, for the given runs or all that have ended. By itself the engine packs nothing, unless you set tunesmith.recording.packAfterDays in the editor, or TUNESMITH_PACK_AFTER_DAYS for the engine, to a number of days after the end of a run. Only runs that you have started on this machine are packed. Every reader knows packed journals, and a run that is resumed has plain ones again.',
  ),
  options: {
    undo: { type: 'boolean', help: l10n.t('Write the plain journals again.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith pack', l10n.t('all runs that have ended')],
    ['tunesmith pack --undo 01j8x2', l10n.t('plain journals for another program')],
  ],
  args: [0, 10_000],
  async run(context, input) {
    const engine = await context.engine();
    const ids: string[] = [];
    for (const word of input.args) ids.push((await context.run(word)).id);
    for (let total = ids.length > 0 ? 0 : 1; ids.length < total;) {
      const query = { status: [...ENDED_STATUSES], limit: PAGE, offset: ids.length, metrics: [] };
      const page = await engine.request('runs/list', query);
      if (page.runs.length === 0) break;
      ids.push(...page.runs.map(({ id }) => id));
      total = page.total;
    }
    const undo = input.flag('undo');
    const sum = { runs: 0, before: 0, after: 0, skipped: [] as { id: string; why: string }[] };
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const part = await engine.request('runs/pack', { ids: ids.slice(from, from + AT_ONCE), undo });
      sum.runs += part.runs;
      sum.before += part.before;
      sum.after += part.after;
      sum.skipped.push(...part.skipped);
      const done = Math.min(ids.length, from + AT_ONCE);
      if (ids.length > 10 * AT_ONCE && done % (10 * AT_ONCE) === 0)
        context.say(l10n.t('{0} of {1} runs', done, ids.length));
    }
    if (input.flag('json')) context.json(sum);
    else {
      // Only runs that were named are explained: of all, many came from elsewhere.
      if (input.args.length > 0)
        for (const { id, why } of sum.skipped) context.say(l10n.t('skipped {0}: {1}', id, safeLine(why)));
      context.print(
        undo
          ? l10n.t('{0} runs have plain journals again.', sum.runs)
          : l10n.t('Packed {0} runs: {1} are {2} now.', sum.runs, formatBytes(sum.before), formatBytes(sum.after)),
      );
    }
    return input.args.length > 0 && sum.skipped.length === ids.length ? 1 : 0;
  },
};
