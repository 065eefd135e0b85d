/** The tool that sets an alert on the runs of a file. */
import * as path from 'node:path';
import { z } from 'zod';
import { AlertCondition } from '../../protocol/engine/alerts.js';
import { engineAct, type Act } from '../act.js';
import { findFile } from '../find.js';
import { NOTICE, shortName } from '../texts.js';
import { actingTool } from '../tool.js';

export const setAlert = actingTool({
  name: 'set_alert',
  title: 'Set an alert',
  summary: 'Notifies the person, and agents that wait, when a run of a file meets a condition.',
  description:
    'Sets an alert on all runs of an experiment file, current and future ones: a metric above or below a value, NaN, nothing logged for a while, a failure, an end. The editor shows it once per run, and it ends a wait_for with until "trouble". It starts no program and sends nothing.',
  icon: 'bell',
  input: z
    .object({
      file: z.string().describe('Path of the experiment file, absolute or relative to the workspace folder.'),
      when: AlertCondition.describe(
        'For example {"kind": "above", "metric": "val/loss", "value": 5}, {"kind": "nan"} or {"kind": "stall", "seconds": 600}.',
      ),
    })
    .strict(),
  async plan({ file: name, when }, bench) {
    const { folder, file } = findFile(bench, name);
    const act: Act = {
      folder,
      file,
      what: `Set an alert on the runs of ${path.relative(folder.path, file)}`,
      facts: Object.entries(when).map(([key, value]) => [key, shortName(String(value))]),
      deviceHours: 0,
      isOwn: true,
      async perform(as) {
        const { rules } = await engineAct(act, as, 'alerts/watch', { file, when });
        return { notice: NOTICE, alert: rules.at(-1)!.id, alerts_set: rules.length };
      },
    };
    return act;
  },
});
