/**
 * One folder's runs for reading: the engine's own, and those in logs of other tools, which only the viewer has.
 * Independent of the editor, so that it can be tested.
 */
import type { RequestName, RequestParams, RequestResult, Run } from '../../protocol/engine/index.js';
import { VIEWER_REQUESTS, type ViewerRequest } from '../../protocol/viewer.js';

interface Asks<Name extends RequestName> {
  request<N extends Name>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
}
export interface OwnRuns extends Asks<RequestName> {
  /** True if there are runs of ours to ask for, or nothing else to show; an engine is started then. */
  isAsked(): Promise<boolean>;
}
export interface ForeignRuns extends Asks<ViewerRequest> {
  has(run: string): boolean;
  hasExperiment(name: string): boolean;
  readonly isEmpty: boolean;
}
type List = RequestResult<'runs/list'>;

const isViewers = (name: string): name is ViewerRequest => (VIEWER_REQUESTS as readonly string[]).includes(name);
/** Answers if there are no runs of ours, without starting anything to look for them. */
export const NONE: Partial<{ [N in RequestName]: RequestResult<N> }> = {
  'experiments/list': { experiments: [] },
  'runs/list': { total: 0, runs: [] },
  'runs/columns': { params: [], metrics: [] },
  'searches/list': { searches: [] },
  'best/of': { best: null },
  'runs/groups': { total: 0, groups: [] },
  'devices/list': { devices: [] },
};

/** Answers from the engine or the viewer, depending on which has the runs; lists are joined, ours first. */
export async function ask<N extends RequestName>(
  own: OwnRuns,
  foreign: ForeignRuns | null,
  name: N,
  params: RequestParams<N>,
): Promise<RequestResult<N>> {
  const none = NONE[name] as RequestResult<N> | undefined;
  const ofOurs = async (given: RequestParams<N> = params): Promise<RequestResult<N>> =>
    none !== undefined && !(await own.isAsked()) ? none : own.request(name, given);
  if (!foreign || foreign.isEmpty || !isViewers(name)) return ofOurs();
  const theirs = (given: unknown): Promise<never> => foreign.request(name, given as never) as Promise<never>;

  switch (name) {
    case 'experiments/list': {
      const [ours, others] = await Promise.all([ofOurs(), theirs(params)]);
      const all = [ours, others] as RequestResult<'experiments/list'>[];
      return { experiments: all.flatMap(({ experiments }) => experiments) } as RequestResult<N>;
    }
    case 'runs/list':
    case 'runs/columns': {
      const { experiment, ids, search } = params as RequestParams<'runs/list'>;
      if (typeof search === 'string') return ofOurs();
      if (experiment !== undefined) return foreign.hasExperiment(experiment) ? theirs(params) : ofOurs();
      if (ids?.every((id) => !foreign.has(id))) return ofOurs();
      if (ids?.every((id) => foreign.has(id))) return theirs(params);
      if (name === 'runs/columns') {
        const all = (await Promise.all([ofOurs(), theirs(params)])) as RequestResult<'runs/columns'>[];
        const union = (key: 'params' | 'metrics') => [...new Set(all.flatMap((each) => each[key]))].sort();
        return { params: union('params'), metrics: union('metrics') } as RequestResult<N>;
      }
      return joined(ofOurs as never, theirs, params as RequestParams<'runs/list'>) as Promise<RequestResult<N>>;
    }
    case 'best/of': {
      const among = params as RequestParams<'best/of'>;
      return 'experiment' in among && foreign.hasExperiment(among.experiment) ? theirs(params) : ofOurs();
    }
    case 'runs/groups': {
      const { experiment } = (params as RequestParams<'runs/groups'>).query;
      return experiment !== undefined && foreign.hasExperiment(experiment) ? theirs(params) : ofOurs();
    }
    case 'series/read': {
      const { queries } = params as RequestParams<'series/read'>;
      const isTheirs = queries.map(({ run }) => foreign.has(run));
      const part = (wanted: boolean) => queries.filter((_, i) => isTheirs[i] === wanted);
      const read = async (wanted: boolean, from: (given: never) => Promise<unknown>) => {
        const some = part(wanted);
        if (some.length === 0) return [];
        return ((await from({ queries: some } as never)) as RequestResult<'series/read'>).series;
      };
      const [ours, others] = await Promise.all([read(false, ofOurs as never), read(true, theirs)]);
      return { series: isTheirs.map((each) => (each ? others.shift()! : ours.shift()!)) } as RequestResult<N>;
    }
    default: {
      const { id, run } = params as { id?: string; run?: string };
      return foreign.has(id ?? run ?? '') ? theirs(params) : ofOurs();
    }
  }
}

/** Merges two lists of runs: ours first, then those of the other tools. */
async function joined(
  ours: (params: RequestParams<'runs/list'>) => Promise<List>,
  theirs: (params: RequestParams<'runs/list'>) => Promise<List>,
  params: RequestParams<'runs/list'>,
): Promise<List> {
  const { offset = 0, limit = 100 } = params;
  const first = await ours(params);
  const left = limit - first.runs.length;
  const second = await theirs({ ...params, offset: Math.max(0, offset - first.total), limit: Math.max(1, left) });
  const runs: Run[] = left > 0 ? [...first.runs, ...second.runs] : first.runs;
  return { total: first.total + second.total, runs };
}

/** Runs that the engine has; it is asked about no others. */
export const ownOf = (runs: readonly string[], foreign: ForeignRuns | null): string[] =>
  runs.filter((run) => !foreign?.has(run));
