/** The search behind `tunesmith ask-tell`: a line in, an answer out. Knows no streams. */
import type { z } from 'zod';
import { readSpace } from '../../experiment/index.js';
import { parseConstraint } from '../../experiment/search/constraints/index.js';
import { problemsOf } from '../../experiment/network/problems.js';
import { withConstraints } from '../../experiment/search/settings.js';
import type { SpaceProblem } from '../../experiment/search/space.js';
import { suggest } from '../../experiment/suggest.js';
import {
  AskTellRequests,
  numberOf,
  type AskTellAnswers,
  type AskTellBody,
  type AskTellName,
  type AskedTrial,
} from '../../protocol/askTell.js';
import { forJson, markAt, parseJson, type FloatMark } from '../../protocol/values/floats.js';
import { toWire, type Params } from '../../protocol/values/index.js';
import {
  checkConstraints,
  checkNamed,
  createStudy,
  floatMarksOf,
  restoreStudy,
  SearchError,
  type Asked,
  type Outcome,
  type SavedStudy,
  type Space,
  type Trial,
} from '../../search/index.js';
import { importance } from '../../search/insight/importance.js';
import { entryOf } from '../../protocol/values/records.js';

/** Deeper nesting than any request has is refused before recursion is in danger. */
const DEEPEST = 64;
const NAMES = Object.keys(AskTellRequests) as AskTellName[];

/** A request that can't be done; it has changed nothing. */
class Refused extends Error {}

export class AskTellSession {
  private study: SavedStudy | null = null;

  /** The answer to one line, without its newline. Never throws. */
  answer(line: string): AskTellAnswers[AskTellName] | { error: string } {
    try {
      const { name, body, mark } = readRequest(line);
      return this.do(name, body, mark);
    } catch (error) {
      const known = error instanceof Refused || error instanceof SearchError;
      const message = error instanceof Error ? error.message : String(error);
      return { error: known ? message : `internal error: ${message}` };
    }
  }

  private do(name: AskTellName, body: unknown, mark: FloatMark): AskTellAnswers[AskTellName] {
    switch (name) {
      case 'init':
        return this.init(body as AskTellBody<'init'>, markAt(mark, 'space'));
      case 'ask':
        return this.ask((body as AskTellBody<'ask'>).n ?? 1);
      case 'report': {
        const { id, step, value, values } = body as AskTellBody<'report'>;
        if ((value === undefined) === (values === undefined)) {
          throw new Refused('report: give either "value", of the first objective, or "values", of all');
        }
        const [first, ...rest] = (values ?? [value!]).map(numberOf);
        if (first === undefined) throw new Refused('report: "values" must not be empty');
        const verdict = this.begun.report(id, step, first, values && rest);
        return { prune: verdict === 'prune', ...(verdict === 'pause' && { pause: true as const }) };
      }
      case 'tell':
        return this.tell(body as AskTellBody<'tell'>);
      case 'enqueue':
        this.begun.enqueue((body as AskTellBody<'enqueue'>).params);
        return { ok: true };
      case 'import': {
        const { trials } = body as AskTellBody<'import'>;
        this.begun.import(
          trials.map(({ params, values, constraints }) => ({
            params,
            values: values.map(numberOf),
            ...(constraints && { constraints: constraints.map(numberOf) }),
          })),
        );
        return { ok: true };
      }
      case 'widen':
        this.widen(body as AskTellBody<'widen'>, markAt(mark, 'space'));
        return { ok: true };
      case 'extend':
        this.begun.extend((body as AskTellBody<'extend'>).trials);
        return { ok: true };
      case 'best':
        return { trials: this.best() };
      case 'recommend':
        return this.recommend();
      case 'importance':
        return this.importance(body as AskTellBody<'importance'>);
      case 'status':
        return this.status();
      case 'save':
        return { saved: this.begun.save() };
    }
  }

  private get begun(): SavedStudy {
    if (!this.study) throw new Refused('there is no search yet; begin with {"init":{"space":{…}}}');
    return this.study;
  }

  private init({ saved, ...given }: AskTellBody<'init'>, floats: FloatMark): AskTellAnswers['init'] {
    if (saved !== undefined) {
      const [also] = Object.keys(given);
      if (also) throw new Refused(`init: "saved" holds the whole search; leave out "${also}"`);
      this.study = restoreStudy(saved);
      return { ok: true };
    }
    const { space: written, constraints, directions, sampler, pruner, seed, trials, ...rest } = given;
    if (!written) throw new Refused('init: "space" is missing');
    for (const [what, named] of [['sampler', sampler] as const, ['pruner', pruner] as const]) {
      const fault = named === undefined || named === null ? null : checkNamed(what, named);
      if (fault) throw new Refused(fault.message);
    }
    this.study = createStudy({
      space: spaceOf(written, constraints, floats),
      goals: directions ?? ['minimize'],
      sampler: sampler ?? 'auto',
      pruner: pruner ?? null,
      seed: seed ?? 0,
      trials: trials ?? null,
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    });
    return { ok: true };
  }

  private widen({ space, constraints }: AskTellBody<'widen'>, floats: FloatMark): void {
    this.begun.widen(spaceOf(space, constraints, floats));
  }

  private ask(n: number): AskTellAnswers['ask'] {
    const study = this.begun;
    const trials: AskedTrial[] = [];
    while (trials.length < n) {
      let asked: Asked | null;
      try {
        asked = study.ask();
      } catch (error) {
        // Trials that were already handed out must reach the caller; the next request reports the mistake again.
        if (trials.length > 0) return { trials };
        throw error;
      }
      if (!asked) return { trials, ...(study.waiting ? { waiting: true } : { done: true }) };
      trials.push(written(asked, study.options.space));
    }
    return { trials };
  }

  private tell({ id, values, state, constraints, seconds }: AskTellBody<'tell'>): AskTellAnswers['tell'] {
    const study = this.begun;
    if (!study.trials[id]) throw new Refused(`there is no trial ${id}`);
    const completed = values !== undefined;
    if (completed && state !== undefined && state !== 'completed') {
      throw new Refused(`tell: a trial that is ${state} has no values`);
    }
    if (!completed && (state === undefined || state === 'completed')) {
      throw new Refused('tell: give "values" of a completed trial, or "state": failed, pruned or paused');
    }
    const expected = study.options.goals.length;
    if (completed && values.length !== expected) {
      throw new Refused(`tell: ${expected} ${expected === 1 ? 'value is' : 'values are'} needed, not ${values.length}`);
    }
    const outcome = completed ? { state: 'completed', values: values.map(numberOf) } : { state };
    study.tell(id, {
      ...(outcome as Outcome),
      ...(constraints && { constraints: constraints.map(numberOf) }),
      ...(seconds !== undefined && { seconds }),
    });
    return { ok: true };
  }

  private best() {
    const { options } = this.begun;
    return this.begun.best().map((trial) => shown(trial, options.space));
  }

  private recommend(): AskTellAnswers['recommend'] {
    const found = this.begun.recommend();
    if (!found) return { trials: this.best() };
    const { trial, mean, sd, reason } = found;
    return { trials: [{ ...shown(trial, this.begun.options.space), mean: toWire(mean), sd: toWire(sd) }], why: reason };
  }

  private importance({ method, objective }: AskTellBody<'importance'>): AskTellAnswers['importance'] {
    const { options, trials } = this.begun;
    const { space, goals } = options;
    if (objective !== undefined && objective >= goals.length) {
      throw new Refused(`importance: there is no objective ${objective}; they count from 0`);
    }
    const found = importance({ space, goals, trials }, { ...(method && { method }), ...(objective && { objective }) });
    if ('unknown' in found) return { importance: {}, why: found.unknown };
    return { importance: found.shares };
  }

  private status(): AskTellAnswers['status'] {
    const { trials, size, reason, options } = this.begun;
    const counts: Record<string, number> = { running: 0, paused: 0, completed: 0, pruned: 0, failed: 0 };
    for (const { state } of trials) counts[state] = (counts[state] ?? 0) + 1;
    const name = typeof options.sampler === 'string' ? options.sampler : options.sampler.name;
    return { trials: counts, planned: size, sampler: reason ?? name };
  }
}

function readRequest(line: string): { name: AskTellName; body: unknown; mark: FloatMark } {
  if (tooDeep(line)) throw new Refused(`more than ${DEEPEST} levels of nesting`);
  let request: unknown;
  let mark: FloatMark = null;
  try {
    ({ value: request, mark } = parseJson(line));
  } catch (error) {
    throw new Refused(`this line is not JSON (${(error as Error).message.slice(0, 200)})`);
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new Refused('a request is an object such as {"ask":{"n":1}}');
  }
  const keys = Object.keys(request);
  const name = keys[0];
  if (name === undefined || keys.length > 1) throw new Refused(`a line holds one request, one of: ${NAMES.join(', ')}`);
  if (!Object.hasOwn(AskTellRequests, name)) {
    const near = suggest(name.slice(0, 100), NAMES);
    const hint = near ? `did you mean "${near}"?` : `known: ${NAMES.join(', ')}`;
    throw new Refused(`unknown request "${name.slice(0, 100)}"; ${hint}`);
  }
  const schema: z.ZodType = AskTellRequests[name as AskTellName];
  const body = entryOf(request as Record<string, unknown>, name);
  const result = schema.safeParse(body);
  if (result.success) return { name: name as AskTellName, body: result.data, mark: markAt(mark, name) };
  const { path, message } = problemsOf(result.error.issues, body, schema)[0]!;
  if (path.length === 0) throw new Refused(`"${name}" must be an object of settings, such as {"${name}":{}}`);
  const told = message.includes(String(path[0])) ? message : `${path.join('.')} ${message}`;
  throw new Refused(`${name}: ${told.slice(0, 500)}`);
}

/** Considers only brackets outside of strings. */
function tooDeep(line: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 91 || c === 123) {
      if (++depth > DEEPEST) return true;
    } else if (c === 93 || c === 125) depth--;
  }
  return false;
}

function spaceOf(
  written: Record<string, unknown>,
  constraints: readonly string[] = [],
  floats: FloatMark = null,
): Space {
  const { space, problems } = readSpace(written, floats);
  if (!space) throw new Refused(problems.slice(0, 5).map(spaceProblem).join('; '));
  const names = space.dimensions.map(({ name }) => name);
  const read = constraints.map((text) => {
    const read = parseConstraint(text, names);
    if (!read.fault) return read;
    const { message, hint } = read.fault;
    throw new Refused(`constraint ${JSON.stringify(text)}: ${message}${hint ? ` (${hint})` : ''}`);
  });
  if (read.length === 0) return space;
  const linear = read.flatMap((each) => each.constraints);
  const whole = withConstraints(space, { linear, rules: read.flatMap(({ rule }) => rule ?? []) }, {});
  checkConstraints(whole);
  return whole;
}

function spaceProblem({ path, message, hint }: SpaceProblem): string {
  const where = path.length ? `space.${path.join('.')}: ` : '';
  return `${where}${message}${hint ? ` (${hint})` : ''}`;
}

function written({ id, params, resume, until, from, repeatOf }: Asked, space: Space): AskedTrial {
  const rest = { until, from, repeatOf };
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const typed = typedParams(params, space);
  return { id, params: typed, ...(resume && { resume: true as const }), ...Object.fromEntries(given) };
}

const shown = ({ id, params, values }: Trial, space: Space) => {
  return { id, params: typedParams(params, space), values: (values ?? []).map(toWire) };
};

/** Marks floats for JSON: a float of the space stays a float in the answer. */
function typedParams(params: Params, space: Space): Params {
  return forJson(params, floatMarksOf(space, params)) as Params;
}
