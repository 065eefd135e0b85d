/** Actions of agents: their requests to the engine, their records, and the budgets that a person gives. */
import { z } from 'zod';

/** Requests that the engine carries out for an agent. An agent can change nothing with any other request. */
export const AGENT_REQUESTS = [
  'runs/start',
  'runs/rerun',
  'runs/branch',
  'runs/stop',
  'runs/pause',
  'runs/resume',
  'runs/set',
  'runs/tag',
  'runs/note',
  'alerts/watch',
  'searches/start',
  'searches/stop',
  'searches/pause',
  'searches/resume',
  'searches/enqueue',
  'searches/change',
] as const;
export type AgentRequest = (typeof AGENT_REQUESTS)[number];

/** `asked`: the person has agreed to this act. `budget`: a budget that the person gave covers it. */
export const Consent = z.enum(['asked', 'budget']);
export type Consent = z.infer<typeof Consent>;

/** One act of an agent on a run or a search, as its folder records it. */
export const AgentAct = z.object({
  /** Milliseconds since the epoch. */
  time: z.number(),
  /** Name of the agent, as it has introduced itself. */
  agent: z.string(),
  /** Past tense, without the subject: `stopped it`. */
  what: z.string(),
  consent: Consent,
});
export type AgentAct = z.infer<typeof AgentAct>;

/** `what` of the act that started a run or a search. */
export const STARTED = 'started it';

/** Device time that agents may use for one experiment file without asking. */
export const Grant = z.object({
  /** Absolute path of the experiment file. */
  file: z.string(),
  /** Hours in all, by wall time on devices. */
  hours: z.number(),
  /** Hours that runs started under it have used. */
  usedHours: z.number(),
  /** When it was given, in milliseconds since the epoch. */
  since: z.number(),
});
export type Grant = z.infer<typeof Grant>;

export const AGENT_NAME_LENGTH = 60;
/** Longest budget, in hours: a year. */
export const MOST_HOURS = 8760;

export const AgentRequests = {
  /** Carries out a request for an agent and records it as done by the agent. The answer is that request's. */
  'agents/act': {
    params: z
      .object({
        agent: z.string().min(1).max(AGENT_NAME_LENGTH),
        consent: Consent,
        /** Device hours that it is expected to take; null: unknown. */
        deviceHours: z.number().min(0).nullable(),
        request: z.enum(AGENT_REQUESTS),
        params: z.unknown(),
        /** The person has seen the program, and that it came with the folder. */
        trust: z.boolean().optional(),
      })
      .strict(),
    result: z.object({ answer: z.unknown() }),
  },
  /** `known`: the person has started something in this folder on this machine, or given a budget for it. */
  'agents/permissions': {
    params: z.object({}).strict(),
    result: z.object({ known: z.boolean(), grants: z.array(Grant) }),
  },
  /** Sets the budget of a file; `hours` null revokes it. For people: no tool offers it. */
  'agents/allow': {
    params: z.object({ file: z.string(), hours: z.number().positive().max(MOST_HOURS).nullable() }).strict(),
    result: z.object({ grants: z.array(Grant) }),
  },
} as const;
