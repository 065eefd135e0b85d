/** Carries out agents' requests within the person's limits, and records them as the agents' actions. */
import { STARTED, type AgentAct, type AgentRequest, type Consent } from '../../protocol/engine/agents.js';
import { ErrorCode, Requests, type Run, type Search } from '../../protocol/engine/index.js';
import { replaceUnsafe } from '../../protocol/values/shownText.js';
import type { Params } from '../../protocol/values/index.js';
import { z } from 'zod';
import type { Asked } from '../disk/asked.js';
import type { EngineParts } from '../parts.js';
import { badRequest, RequestError } from '../server/requestError.js';
import type { Client, Handler, Handlers } from '../server/server.js';
import { appendAct } from './actsFile.js';
import type { Grants } from './grants.js';

/** Who is named when a spent budget ends something. */
const NOBODY = 'tunesmith';

export class AgentActs {
  constructor(
    private readonly parts: Pick<
      EngineParts,
      'store' | 'folders' | 'searchFolders' | 'changes' | 'trouble' | 'log' | 'active' | 'searches'
    >,
    private readonly grants: Grants,
    private readonly asked: Pick<Asked, 'hasAny'>,
    /** All handlers, guarded as for everybody. */
    private readonly handlers: () => Handlers,
  ) {}

  get own() {
    return {
      'agents/permissions': () => ({
        known: this.asked.hasAny() || this.grants.list().length > 0,
        grants: this.grants.list(),
      }),
      'agents/allow': ({ file, hours }) => {
        this.grants.allow(file, hours);
        this.parts.log.info(
          hours === null ? `the budget of ${file} was revoked` : `agents may use ${hours} h on ${file}`,
        );
        return { grants: this.grants.list() };
      },
      'agents/act': async ({ agent, consent, deviceHours, request, params, trust }, client) => ({
        answer: await this.act({ agent: cleanName(agent), consent, deviceHours, request, params, trust }, client),
      }),
    } satisfies Partial<Handlers>;
  }

  /** Ends runs and searches whose budgets are spent. Call it periodically. */
  tick(): void {
    for (const { file, hours } of this.grants.spent()) {
      const { store, searches, active } = this.parts;
      const ended = (id: string) =>
        this.record([id], { agent: NOBODY, what: `stopped it: the budget of ${hours} h is spent`, consent: 'budget' });
      for (const search of store.searches.list({ file, status: ['running', 'paused'] })) {
        if (store.acts.starterOf([search.id])?.consent !== 'budget') continue;
        searches.stop(search.id);
        ended(search.id);
      }
      for (const run of store.runs.live()) {
        const isUnder = run.file === file && run.search === null && run.status !== 'stopping';
        if (!isUnder || store.acts.starterOf([run.id])?.consent !== 'budget') continue;
        if (active.stop(run.id, 'stop') === null) ended(run.id);
      }
    }
  }

  private async act(
    act: {
      agent: string;
      consent: Consent;
      deviceHours: number | null;
      request: AgentRequest;
      params: unknown;
      trust: boolean | undefined;
    },
    client: Client,
  ): Promise<unknown> {
    const { request, consent } = act;
    // Only a person agrees to send files.
    const { send: _send, ...asked } = act.params as Record<string, unknown>;
    const given = { ...asked, ...(act.trust && { trust: true }) };
    const parsed = Requests[request].params.safeParse(given);
    if (!parsed.success) throw badRequest(`${request}: ${z.prettifyError(parsed.error)}`);
    const params = parsed.data as Targets;
    if (consent === 'budget') this.refuseUncovered(params, act.deviceHours);
    const answer = await (this.handlers()[request] as Handler<AgentRequest>)(params as never, client);
    const { subjects, what } = outcomeOf(request, params, answer as Outcome);
    this.record(subjects, { agent: act.agent, what, consent });
    return this.fresh(answer as Outcome);
  }

  /** A budget covers starts of its file, and acts on what agents have started from it. */
  private refuseUncovered({ file, id, ids = [] }: Targets, deviceHours: number | null): void {
    const { store } = this.parts;
    if (file !== undefined) return this.refuse(this.grants.whyNot(file, deviceHours));
    for (const each of id === undefined ? ids : [id]) {
      const search = store.searches.get(each);
      const run = search ? null : store.runs.get(each);
      const subject = search ?? run;
      if (!subject) continue;
      const isOwn = store.acts.starterOf([each, run?.search ?? null]) !== null;
      this.refuse(isOwn ? this.grants.whyNot(subject.file, deviceHours) : `${each} was not started by an agent.`);
    }
  }

  private refuse(why: string | null): void {
    if (why === null) return;
    throw new RequestError(
      ErrorCode.conflict,
      `${why} Ask the person to agree, or to allow it: tunesmith allow --hours N FILE`,
    );
  }

  private record(subjects: readonly string[], act: Omit<AgentAct, 'time'>): void {
    const { store, folders, searchFolders, changes, trouble, log } = this.parts;
    const whole: AgentAct = { time: Date.now(), ...act, what: act.what.slice(0, 300) };
    for (const id of subjects) {
      const isSearch = store.searches.get(id) !== null;
      log.info(`${isSearch ? 'search' : 'run'} ${id}: ${act.agent} ${whole.what}`);
      trouble.attempt(() => appendAct(isSearch ? searchFolders.path(id) : folders.path(id), whole));
      trouble.attempt(() => store.acts.add(id, whole));
      if (isSearch) changes.searchChanged(id);
      else changes.runChanged(id);
    }
  }

  /** Rows were read before the act was recorded. */
  private fresh(answer: Outcome): Outcome {
    const { store } = this.parts;
    const run = answer.run && store.runs.get(answer.run.id);
    const search = answer.search && store.searches.get(answer.search.id);
    return { ...answer, ...(run && { run }), ...(search && { search }) };
  }
}

interface Targets {
  file?: string;
  id?: string;
  ids?: string[];
  params?: Params;
  add?: string[];
  remove?: string[];
  trials?: number;
}

interface Outcome {
  run?: Run;
  search?: Search;
  done?: string[];
}

/** Which runs and searches an act has reached, and how it reads. */
function outcomeOf(
  request: AgentRequest,
  given: Targets,
  { run, search, done }: Outcome,
): { subjects: string[]; what: string } {
  const named = done ?? (given.id === undefined ? (given.ids ?? []) : [given.id]);
  const values = given.params ? ` ${JSON.stringify(given.params)}` : '';
  switch (request) {
    case 'runs/start':
    case 'runs/rerun':
    case 'runs/branch':
      return { subjects: run ? [run.id] : [], what: STARTED };
    case 'searches/start':
      return { subjects: search ? [search.id] : [], what: STARTED };
    case 'alerts/watch':
      // It is about runs to come.
      return { subjects: [], what: 'set an alert' };
    case 'runs/set':
      return { subjects: named, what: `set${values}` };
    case 'searches/enqueue':
      return { subjects: named, what: `had it try${values}` };
    case 'searches/change':
      return {
        subjects: named,
        what: given.trials === undefined ? 'changed it' : `changed it to ${given.trials} trials`,
      };
    case 'runs/tag':
      return {
        subjects: given.ids ?? [],
        what: `tagged it ${[...(given.add ?? []).map((tag) => `+${tag}`), ...(given.remove ?? []).map((tag) => `-${tag}`)].join(' ')}`,
      };
    case 'runs/note':
      return { subjects: named, what: 'wrote its note' };
    default:
      return { subjects: named, what: `${PAST[request.split('/')[1]!]} it` };
  }
}

const PAST: Record<string, string> = { stop: 'stopped', pause: 'paused', resume: 'resumed' };

/** On one line, without characters that reorder text. */
const cleanName = (name: string): string => replaceUnsafe(name).replace(/\s+/g, ' ').trim() || 'an agent';
