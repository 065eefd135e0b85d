/** The states, events and commands of a run's machine (`runMachine.ts`). */
import { LIVE_STATUSES, type RunStatus } from '../../../protocol/engine/index.js';
import type { StopReason } from '../../../protocol/run/supervisor.js';
import type { Ending, Outcome } from '../ends/outcome.js';
import { refuse, type Refusal } from './refusal.js';
import { statusText } from '../../../format/statuses.js';
import { l10n } from '../../../format/l10n.js';

export type RunState =
  /** Waits in the queue. */
  | { name: 'queued' }
  /** Created, but not in the queue. */
  | { name: 'held' }
  /** Another run's checkpoint is being copied for it. */
  | { name: 'preparing'; device: string; held: boolean }
  | { name: 'starting'; device: string }
  | { name: 'running'; device: string }
  /** Its program is suspended, or will be as soon as it exists. */
  | { name: 'paused'; device: string; started: boolean }
  /** `reason` null: an earlier engine had asked, and its supervisor knows for what. */
  | { name: 'stopping'; device: string | null; reason: StopReason | null }
  /** Is being cancelled before anything was started. */
  | { name: 'cancelling'; reason: Exclude<StopReason, 'pause'> }
  /** Its program has ended and will be launched again; the run takes only disk space. */
  | { name: 'suspended' }
  /** Running on another host. `asked`: a request to end, in a file that its supervisor reads. */
  | { name: 'elsewhere'; host: string; asked?: boolean }
  /** It has ended, and the end has to be stored. `stop`: it was asked to stop while it was being suspended. */
  | { name: 'ending'; outcome: Outcome; stop?: Exclude<StopReason, 'pause'> }
  | { name: 'over'; outcome: Outcome };

export type RunEvent =
  | { type: 'placed'; device: string; takesCheckpoint: boolean }
  | { type: 'prepared' }
  /** The program exists. */
  | { type: 'running'; paused: boolean }
  | { type: 'elsewhere'; host: string }
  /** `null`: it was never started. */
  | { type: 'ended'; ending: Ending | null }
  /** Its program is gone, and the spec of another launch is written. */
  | { type: 'again' }
  /** The launch is ours, so no supervisor will start it. */
  | { type: 'claimed' }
  /** A supervisor was faster. */
  | { type: 'taken' }
  /** No more evidence of it can be found. */
  | { type: 'lost'; message: string }
  /** The store has its end. */
  | { type: 'kept' }
  | Request;

/** Requests of a person or a search. They can be refused, unlike the other events. */
export type Request =
  | { type: 'stop'; reason: Exclude<StopReason, 'pause'>; possible: boolean }
  /** Ends the program in order to launch it again later. */
  | { type: 'suspend' }
  | { type: 'pause'; possible: boolean }
  | { type: 'resume'; possible: boolean }
  | { type: 'hold'; possible: boolean }
  /** Undoes `hold`. */
  | { type: 'go on' }
  | { type: 'set'; possible: boolean };

export type RunCommand =
  | { do: 'enqueue' | 'withdraw' | 'occupy' | 'release' }
  | { do: 'prepare' | 'launch' | 'watch' | 'claim' }
  | { do: 'ask'; what: 'pause' | 'resume' }
  | { do: 'ask to end'; reason: StopReason }
  /** `begun`: the row gets its start time if it has none. */
  | { do: 'write'; status: RunStatus; device?: string | null; begun?: boolean }
  | { do: 'note end'; status: 'stopped' | 'pruned' }
  | { do: 'keep'; outcome: Outcome; ending: Ending | null }
  | { do: 'tell'; what: 'ended' | 'released' }
  | { do: 'forget' };

export interface Step {
  state: RunState;
  commands: RunCommand[];
}

/** The state of a run that an earlier engine left. */
export function leftState(status: RunStatus, device: string, host: string): RunState {
  if (status === 'paused') return { name: 'paused', device, started: true };
  if (status === 'stopping') return { name: 'stopping', device, reason: null };
  if (status === 'elsewhere') return { name: 'elsewhere', host };
  return { name: status === 'starting' ? 'starting' : 'running', device };
}

/** Returns the status to show for a state. */
export function statusOf(state: RunState): RunStatus {
  switch (state.name) {
    case 'held':
    case 'cancelling':
      return 'queued';
    case 'preparing':
      return 'starting';
    case 'suspended':
      return 'paused';
    case 'elsewhere':
      return state.asked ? 'stopping' : 'elsewhere';
    case 'ending':
    case 'over':
      return state.outcome.status;
    default:
      return state.name;
  }
}

/** Returns why a run that no engine manages can't be sent requests. */
export function notActive(status: RunStatus | null): Refusal {
  if (status === null) return refuse('unknown', l10n.t('does not exist'));
  const live = LIVE_STATUSES.includes(status);
  return live
    ? refuse('state', l10n.t('is not running ({0})', statusText(status)))
    : refuse('over', l10n.t('is already {0}', statusText(status)));
}

export const isRefusal = (result: Step | Refusal): result is Refusal => 'code' in result;
