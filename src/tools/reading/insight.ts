/** Tools that explain the trials of a search. */
import { z } from 'zod';
import { ImportanceMethod, type Curves, type Unknown } from '../../protocol/engine/insight.js';
import { findFile, findSearch } from '../find.js';
import { readingTool } from '../tool.js';
import { ToolError } from '../bench.js';
import { NOTICE, shortName } from '../texts.js';

const search = z.string().describe('Id of the search.');
const objective = z.number().int().min(0).default(0).describe('Which of several objectives, from 0.');

export const explainSearch = readingTool({
  name: 'explain_search',
  title: 'Explain a search',
  summary: 'Shows how much each parameter matters and the effect of its values.',
  description:
    'Says what the trials of a search teach: importance of each parameter (shares that sum to 1) and its effect (expected objective for values across its range, with the standard deviation of what is not known). Use it to decide what to fix and what to search more finely. With too few trials it says how many are needed.',
  icon: 'lightbulb',
  input: z.object({ search, objective, method: ImportanceMethod.default('pedAnova') }).strict(),
  async read({ search: id, objective, method }, bench) {
    const { folder } = await findSearch(bench, id);
    const insight = await folder.request('searches/insight', {
      id,
      objective,
      method,
      parts: ['importance', 'curves'],
    });
    const { importance, curves } = insight;
    return {
      notice: NOTICE,
      search: id,
      objective: insight.objectives[insight.objective] ?? null,
      importance:
        importance &&
        ('unknown' in importance ? missing(importance) : { ...importance, pairs: importance.pairs.slice(0, 10) }),
      effects: curves && ('unknown' in curves ? missing(curves) : { trials: curves.trials, params: effects(curves) }),
    };
  },
});

const missing = ({ unknown, trials, needed }: Unknown): object => ({
  unknown,
  trials_so_far: trials,
  trials_needed: needed,
});

/** Values of each parameter in an answer, at most. */
const MOST_VALUES = 9;

function effects({ curves }: z.infer<typeof Curves>): object[] {
  return curves.map(({ name, scale, values, mean, sd }) => {
    const step = Math.max(1, (values.length - 1) / (MOST_VALUES - 1));
    const count = Math.min(values.length, MOST_VALUES);
    const at = Array.from({ length: count }, (_, i) => Math.round(i * step));
    return {
      name: shortName(name),
      scale,
      values: at.map((i) => ({ value: values[i], expected: round(mean[i]), sd: round(sd[i]) })),
    };
  });
}

const round = (value: number | undefined): number | null => (value === undefined ? null : Number(value.toPrecision(5)));

export const recommendValues = readingTool({
  name: 'recommend_values',
  title: 'Recommend values',
  summary: 'Recommends values for an experiment, with the evidence for them.',
  description:
    'Recommends values for the parameters of an experiment, by its search (the best trial, or the Pareto front of several objectives, and how much is still to gain) or by its file (the best of all runs). With the evidence: how many trials, their noise. To use the values, write_values puts them into the file.',
  icon: 'star',
  input: z
    .object({
      search: search.optional(),
      file: z.string().optional().describe('Path of the experiment file, instead of a search.'),
    })
    .strict(),
  async read({ search: id, file: name }, bench) {
    if (id !== undefined) return bySearch(bench, id);
    if (name === undefined) throw new ToolError('Name a search (from list_searches) or an experiment file.');
    const { folder, file } = findFile(bench, name);
    const { best } = await folder.request('best/of', { file });
    if (!best) throw new ToolError(`No run of ${shortName(name)} has a value of its objective yet. Start one first.`);
    return {
      notice: NOTICE,
      file,
      recommended: [{ run: best.run, params: best.params, values: [best.objective] }],
      evidence: {
        objectives: [{ metric: best.metric, goal: best.goal }],
        runs_compared: best.of,
        caution: 'One run each: chance may decide between close values. Compare over several seeds with compare_runs.',
      },
    };
  },
});

async function bySearch(bench: Parameters<typeof findSearch>[0], id: string): Promise<object> {
  const { folder, search } = await findSearch(bench, id);
  const insight = await folder.request('searches/insight', { id, parts: ['left', 'front'] });
  const points =
    insight.front?.front ??
    (search.best ? [{ trial: search.best.trial, run: search.best.run, values: [search.best.objective] }] : []);
  if (points.length === 0) throw new ToolError(`No trial of search ${id} has a value yet. Wait for one with wait_for.`);
  const shown = points.slice(0, 20);
  const ids = shown.flatMap(({ run }) => (run === null ? [] : [run]));
  const { runs } = await folder.request('runs/list', { ids, limit: Math.max(1, ids.length) });
  const { left } = insight;
  return {
    notice: NOTICE,
    search: id,
    file: search.file,
    recommended: shown.map(({ trial, run, values }) => ({
      trial,
      run,
      params: runs.find((each) => each.id === run)?.params ?? null,
      values,
    })),
    ...(points.length > shown.length && { left_out: points.length - shown.length }),
    evidence: {
      objectives: insight.objectives,
      trials: search.counts,
      still_to_gain:
        left &&
        ('unknown' in left ? missing(left) : { at_most: left.atMost, noise_sd: left.noise, text: left.sentence }),
    },
  };
}
