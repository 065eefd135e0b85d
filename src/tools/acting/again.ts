/** Tools that start a new run from an earlier one. */
import { z } from 'zod';
import { Params } from '../../protocol/values/index.js';
import { engineAct, type Act } from '../act.js';
import { briefRun } from '../answers.js';
import type { Bench } from '../bench.js';
import { findRun } from '../find.js';
import { NOTICE, shortName } from '../texts.js';
import { actingTool } from '../tool.js';
import { estimate } from './estimate.js';
import { factsOf, isOwn } from './found.js';
import { paramFacts } from './start.js';

const run = z.string().describe('Id of the earlier run.');

async function fromEarlier(
  bench: Bench,
  id: string,
  params: Params | undefined,
  { what, request, step }: { what: string; request: 'runs/rerun' | 'runs/branch'; step?: number | undefined },
): Promise<Act> {
  const found = await findRun(bench, id);
  const { file, experiment } = found.run;
  const expected = file === null ? null : await estimate(found.folder, file, experiment, 1);
  const act: Act = {
    folder: found.folder,
    what,
    facts: [
      ...factsOf(found),
      ['command', shortName(found.run.command.join(' '))],
      ...paramFacts(params),
      ['device time', expected?.text ?? 'unknown'],
    ],
    file,
    deviceHours: expected?.deviceHours ?? null,
    isOwn: isOwn(found),
    async perform(as) {
      const given = { id, ...(params && { params }), ...(step !== undefined && { step }) };
      const { run } = await engineAct(act, as, request, given);
      return { notice: NOTICE, run: briefRun(run), next: `wait_for with id ${run.id}` };
    },
  };
  return act;
}

export const rerunRun = actingTool({
  name: 'rerun_run',
  title: 'Start a run again',
  summary: 'Starts a run again, perhaps with other parameters.',
  description:
    'Starts a run again with the same program and seed, with parameters laid over its own. Use it to change one thing at a time. To repeat with another seed, use start_run with seed.',
  icon: 'debug-rerun',
  input: z.object({ run, params: Params.optional() }).strict(),
  plan: ({ run: id, params }, bench) =>
    fromEarlier(bench, id, params, { what: `Start the run ${id} again`, request: 'runs/rerun' }),
});

export const branchRun = actingTool({
  name: 'branch_run',
  title: 'Branch from a checkpoint',
  summary: 'Starts a new run from a checkpoint of another, perhaps with other parameters.',
  description:
    'Starts a new run from a copy of a checkpoint of another run, with some parameters changed: to try another learning rate from there on without repeating what came before. The other run stays as it is. Its program must save checkpoints, as the built-in trainer does.',
  icon: 'git-branch',
  input: z
    .object({
      run,
      params: Params.optional(),
      step: z
        .number()
        .min(0)
        .optional()
        .describe('From the newest checkpoint at or before this step; else the newest.'),
    })
    .strict(),
  plan: ({ run: id, params, step }, bench) =>
    fromEarlier(bench, id, params, {
      what: `Start a new run from ${step === undefined ? 'the newest checkpoint' : `the checkpoint at or before step ${step}`} of the run ${id}`,
      request: 'runs/branch',
      step,
    }),
});
