/** Tools that start runs and searches. */
import * as path from 'node:path';
import { z } from 'zod';
import { formatParam } from '../../format/numbers.js';
import { parseExperiment, type Experiment } from '../../experiment/index.js';
import { Params } from '../../protocol/values/index.js';
import { engineAct, type Act } from '../act.js';
import { briefRun, briefSearch } from '../answers.js';
import { ToolError, type Bench, type BenchFolder } from '../bench.js';
import { findFile } from '../find.js';
import { actingTool } from '../tool.js';
import { readFileText } from '../reading/fileText.js';
import { NOTICE, shortName } from '../texts.js';
import { estimate } from './estimate.js';

const file = z
  .string()
  .describe('Path of the experiment file (*.tune.yaml), absolute or relative to the workspace folder.');
const seed = z.number().int().min(0).max(2147483647).optional();

export const startRun = actingTool({
  name: 'start_run',
  title: 'Start a training run',
  summary: 'Starts a run of an experiment file.',
  description:
    'Starts one training run of an experiment file, with parameters laid over those of the file, and returns its id at once. The run continues in the background: wait_for waits for it. Set seed to repeat a run with another one. The person is asked, unless a budget covers it.',
  icon: 'play',
  input: z
    .object({
      file,
      params: Params.optional().describe('Values laid over the params of the file.'),
      seed,
      name: z.string().min(1).max(120).optional().describe('Name of the run.'),
    })
    .strict(),
  async plan({ file: name, params, seed, name: title }, bench) {
    const { folder, file, text, experiment } = await experimentIn(bench, name);
    const expected = await estimate(folder, file, experiment.name, 1);
    const act: Act = {
      folder,
      file,
      what: `Start a run of ${path.relative(folder.path, file)}`,
      facts: [
        ['program', programOf(experiment)],
        ...paramFacts(params),
        ...(seed === undefined ? [] : [['seed', String(seed)] as [string, string]]),
        ['device time', expected.text],
      ],
      deviceHours: expected.deviceHours,
      isOwn: true,
      async perform(as) {
        const { run } = await engineAct(act, as, 'runs/start', {
          file,
          ...(await folder.chosenPython()),
          ...(text !== undefined && { text }),
          ...(params && { params }),
          ...(seed !== undefined && { seed }),
          ...(title !== undefined && { name: title }),
        });
        return { notice: NOTICE, run: briefRun(run), next: `wait_for with id ${run.id}` };
      },
    };
    return act;
  },
});

export const startSearch = actingTool({
  name: 'start_search',
  title: 'Start a hyperparameter search',
  summary: 'Starts the search that an experiment file describes.',
  description:
    'Starts the hyperparameter search of an experiment file (its search section) and returns its id at once. Trials run in the background: wait_for waits for the end, list_runs with search lists them. The person is asked, unless a budget covers it.',
  icon: 'search',
  input: z
    .object({
      file,
      trials: z.number().int().min(1).max(10_000).optional().describe('Instead of the number in the file.'),
      parallel: z.number().int().min(1).max(1000).optional().describe('Trials at the same time, at most.'),
      seed,
    })
    .strict(),
  async plan({ file: name, trials, parallel, seed }, bench) {
    const { folder, file, text, experiment } = await experimentIn(bench, name);
    const { search } = experiment;
    if (!search)
      throw new ToolError(`${shortName(name)} has no "search" section. Add one with a "space", or use start_run.`);
    const planned = trials ?? search.trials;
    const expected = await estimate(folder, file, experiment.name, planned);
    const act: Act = {
      folder,
      file,
      what: `Start a search of ${path.relative(folder.path, file)}`,
      facts: [
        ['program', programOf(experiment)],
        ['trials', planned === null ? 'as many as the sampler needs' : String(planned)],
        ['searched', Object.keys(search.space).map(shortName).join(', ')],
        ['device time', expected.text],
      ],
      deviceHours: expected.deviceHours,
      isOwn: true,
      async perform(as) {
        const { search: started } = await engineAct(act, as, 'searches/start', {
          file,
          ...(await folder.chosenPython()),
          ...(text !== undefined && { text }),
          ...(trials !== undefined && { trials }),
          ...(parallel !== undefined && { parallel }),
          ...(seed !== undefined && { seed }),
        });
        return { notice: NOTICE, search: briefSearch(started), next: `wait_for with id ${started.id}` };
      },
    };
    return act;
  },
});

/** Reads the file and refuses one with mistakes, before anybody is asked. */
async function experimentIn(bench: Bench, name: string) {
  const { folder, file } = findFile(bench, name);
  const text = await folder.unsavedText(file);
  const { experiment, problems } = parseExperiment(text ?? (await readFileText(file)), file);
  const [wrong] = problems.filter(({ severity }) => severity === 'error');
  if (wrong || !experiment) {
    const where = wrong ? `line ${wrong.line}, column ${wrong.column}: ${wrong.message}` : "it can't be read";
    throw new ToolError(`${shortName(name)} has errors: ${where}. See all of them with check_file.`);
  }
  return { folder, file, text, experiment } satisfies { folder: BenchFolder } & Record<string, unknown>;
}

function programOf({ program }: Experiment): string {
  if (program.kind === 'network') return 'the built-in trainer';
  if (program.kind === 'pipeline') return `a pipeline of ${program.stages.length} stages`;
  return program.kind === 'run' ? shortName(program.argv.join(' ')) : `module ${shortName(program.path)}`;
}

export function paramFacts(params: Params | undefined): [string, string][] {
  return Object.entries(params ?? {}).map(([name, value]) => [shortName(name), shortName(formatParam(value))]);
}
