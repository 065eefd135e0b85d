/** Tools that act on runs and searches which exist already. */
import { z } from 'zod';
import { formatParam } from '../../format/numbers.js';
import type { RequestResult } from '../../protocol/engine/index.js';
import { Params } from '../../protocol/values/index.js';
import { engineAct, type Act } from '../act.js';
import { briefRun, briefSearch } from '../answers.js';
import { ToolError, type Bench } from '../bench.js';
import { findEither, findRun, findSearch } from '../find.js';
import { factsOf, fileOf, isOwn, type Found } from './found.js';
import { actingTool } from '../tool.js';
import { NOTICE, shortName } from '../texts.js';
import { estimate } from './estimate.js';
import { paramFacts } from './start.js';

const id = z.string().describe('Id of a run or a search.');
const run = z.string().describe('Id of the run.');

async function after(bench: Bench, id: string): Promise<object> {
  const found = await findEither(bench, id);
  return { notice: NOTICE, ...('run' in found ? { run: briefRun(found.run) } : { search: briefSearch(found.search) }) };
}

/** An act on one run that the engine may leave undone. */
function refuseSkipped({ skipped }: RequestResult<'runs/stop'>): void {
  const [first] = skipped;
  if (first) throw new ToolError(`Nothing was done: the run ${first.why}.`);
}

function steering(
  action: 'stop' | 'pause' | 'resume',
  texts: { title: string; summary: string; description: string; icon: string },
) {
  return actingTool({
    name: `${action}_work` as const,
    ...texts,
    input: z.object({ id }).strict(),
    async plan({ id }, bench) {
      const found = await findEither(bench, id);
      const expected = action === 'resume' ? await expectedOf(found) : null;
      const act: Act = {
        folder: found.folder,
        what: `${action[0]!.toUpperCase()}${action.slice(1)} the ${'run' in found ? 'run' : 'search'} ${id}`,
        facts: [...factsOf(found), ...(expected ? [['device time', expected.text] as [string, string]] : [])],
        file: fileOf(found),
        deviceHours: expected ? expected.deviceHours : 0,
        isOwn: isOwn(found),
        async perform(as) {
          if ('run' in found) refuseSkipped(await engineAct(act, as, `runs/${action}`, { ids: [id] }));
          else await engineAct(act, as, `searches/${action}`, { id });
          return after(bench, id);
        },
      };
      return act;
    },
  });
}

function expectedOf(found: Found) {
  const file = fileOf(found);
  if (file === null) return null;
  if ('run' in found) return estimate(found.folder, file, found.run.experiment, 1);
  const { trials, counts, experiment } = found.search;
  const left = trials === null ? null : Math.max(1, trials - counts.completed - counts.pruned);
  return estimate(found.folder, file, experiment, left);
}

export const stopWork = steering('stop', {
  title: 'Stop a run or a search',
  summary: 'Stops a run or a search gracefully.',
  description:
    'Stops a run or a search: programs are asked to stop first and killed after a grace period. Use it early when a run diverges or a search has nothing left to gain. The person is asked, unless an agent has started it and a budget is left.',
  icon: 'debug-stop',
});
export const pauseWork = steering('pause', {
  title: 'Pause a run or a search',
  summary: 'Pauses a run or a search, which resume_work resumes.',
  description: 'Pauses a run or a search. It keeps what it has done; resume_work resumes it.',
  icon: 'debug-pause',
});
export const resumeWork = steering('resume', {
  title: 'Resume a run or a search',
  summary: 'Resumes a paused run or search, or one that ended early.',
  description:
    'Resumes a paused run or search, a stopped search, or a run that ended early and left a checkpoint. Runs and searches that came with the folder are never resumed for an agent.',
  icon: 'debug-continue',
});

export const tryValues = actingTool({
  name: 'try_values',
  title: 'Try values next',
  summary: 'Has a search try these values next.',
  description:
    'Has a search that is under way try these values next, before what its sampler suggests. Values left out are drawn. The trial is added to the planned ones.',
  icon: 'add',
  input: z.object({ search: z.string().describe('Id of the search.'), params: Params }).strict(),
  async plan({ search: id, params }, bench) {
    const found = await findSearch(bench, id);
    const { file, experiment } = found.search;
    const expected = file === null ? null : await estimate(found.folder, file, experiment, 1);
    const act: Act = {
      folder: found.folder,
      what: `Try values next in the search ${id}`,
      facts: [...factsOf(found), ...paramFacts(params), ['device time', expected?.text ?? 'unknown']],
      file,
      deviceHours: expected?.deviceHours ?? null,
      isOwn: isOwn(found),
      async perform(as) {
        const { search } = await engineAct(act, as, 'searches/enqueue', { id, params });
        return { notice: NOTICE, search: briefSearch(search) };
      },
    };
    return act;
  },
});

export const setParams = actingTool({
  name: 'set_params',
  title: 'Set hyperparameters of a running run',
  summary: 'Changes hyperparameters of a running run.',
  description:
    'Sets hyperparameters of a running run whose program accepts live changes (it reads them through the Tunesmith client, as the built-in trainer does). Other programs refuse.',
  icon: 'settings',
  input: z.object({ run, params: Params }).strict(),
  async plan({ run: id, params }, bench) {
    const found = await findRun(bench, id);
    const act: Act = {
      folder: found.folder,
      what: `Set hyperparameters of the running run ${id}`,
      facts: [...factsOf(found), ...paramFacts(params)],
      file: found.run.file,
      deviceHours: 0,
      isOwn: isOwn(found),
      async perform(as) {
        await engineAct(act, as, 'runs/set', { id, params });
        return {
          run: id,
          set: Object.fromEntries(Object.entries(params).map(([name, value]) => [shortName(name), formatParam(value)])),
        };
      },
    };
    return act;
  },
});

export const writeNote = actingTool({
  name: 'write_note',
  title: 'Write a note on a run',
  summary: 'Replaces the note of a run.',
  description: 'Replaces the note of a run, such as why it was started and what it showed.',
  icon: 'note',
  input: z.object({ run, note: z.string().max(4000) }).strict(),
  async plan({ run: id, note }, bench) {
    const found = await findRun(bench, id);
    const act: Act = {
      folder: found.folder,
      what: `Write a note on the run ${id}`,
      facts: [
        ...factsOf(found),
        ['note', note],
        ...(found.run.note ? [['replaces', found.run.note] as [string, string]] : []),
      ],
      file: found.run.file,
      deviceHours: 0,
      isOwn: isOwn(found),
      async perform(as) {
        await engineAct(act, as, 'runs/note', { id, note });
        return after(bench, id);
      },
    };
    return act;
  },
});

const tags = z.array(z.string().min(1).max(60)).max(20).default([]);

export const tagRuns = actingTool({
  name: 'tag_runs',
  title: 'Tag runs',
  summary: 'Adds tags to runs and removes others.',
  description: 'Adds tags to a run and removes others, so that it can be found again.',
  icon: 'tag',
  input: z.object({ run, add: tags, remove: tags }).strict(),
  async plan({ run: id, add, remove }, bench) {
    const found = await findRun(bench, id);
    const act: Act = {
      folder: found.folder,
      what: `Tag the run ${id}`,
      facts: [...factsOf(found), ['add', add.join(', ')], ['remove', remove.join(', ')]],
      file: found.run.file,
      deviceHours: 0,
      isOwn: isOwn(found),
      async perform(as) {
        await engineAct(act, as, 'runs/tag', { ids: [id], add, remove });
        return after(bench, id);
      },
    };
    return act;
  },
});
