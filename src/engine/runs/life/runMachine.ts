/**
 * The life of one run as a table: (state, event) → (state, commands). Pure: `activeRun.ts` carries the commands out and
 * brings what comes of them back as events.
 *
 *   queued ⇄ held                                   a search that is paused holds its trials
 *   queued → preparing → starting → running ⇄ paused → stopping
 *   queued, held, preparing → cancelling            nobody must start it any more
 *   any state at work → ending → over | suspended   the end is known; the store has it
 */
import type { StopReason } from '../../../protocol/run/supervisor.js';
import { outcomeOf, REQUESTED, type Ending, type Outcome } from '../ends/outcome.js';
import { refuse, type Refusal } from './refusal.js';
import { statusOf, type RunState, type RunEvent, type Request, type RunCommand, type Step } from './runState.js';
import { statusText } from '../../../format/statuses.js';
import { l10n } from '../../../format/l10n.js';

export * from './runState.js';

/** Returns the commands with which a run in that state starts. */
export function takeUp(state: RunState): RunCommand[] {
  const commands: RunCommand[] = [];
  if ('device' in state && !(state.name === 'paused' && isCpu(state.device))) commands.push({ do: 'occupy' });
  commands.push({ do: 'watch' });
  if (state.name === 'stopping') commands.push({ do: 'ask to end', reason: state.reason ?? 'stop' });
  return commands;
}

export function step(state: RunState, event: RunEvent): Step | Refusal {
  switch (event.type) {
    case 'placed':
      return placed(state, event);
    case 'prepared':
      return prepared(state);
    case 'running':
      return running(state, event.paused);
    case 'elsewhere':
      return state.name === 'ending' || state.name === 'over' ? same(state) : movedAway(state, event.host);
    case 'ended':
      return ended(state, event.ending);
    case 'again':
      return isAtWork(state) ? waitAgain(state) : same(state);
    case 'claimed':
      return state.name === 'cancelling' ? endUnstarted(state.reason) : same(state);
    case 'taken':
      if (state.name !== 'cancelling') return same(state);
      return to({ name: 'stopping', device: null, reason: state.reason }, { do: 'watch' }, ...endWith(state.reason));
    case 'lost': {
      if (isOver(state)) return same(state);
      const error = { kind: 'lost', message: event.message, logTail: '' } as const;
      return ending({ status: 'failed', error }, null, [{ do: 'withdraw' }]);
    }
    case 'kept':
      return kept(state);
    default:
      return asked(state, event);
  }
}

function placed(state: RunState, { device, takesCheckpoint }: { device: string; takesCheckpoint: boolean }): Step {
  if (state.name !== 'queued') return to(state, { do: 'release' });
  // Recorded on disk before anything starts, so an engine that starts after a kill knows that this run may be active.
  const write = { do: 'write', status: 'starting', device } as const;
  if (takesCheckpoint) return to({ name: 'preparing', device, held: false }, write, { do: 'prepare' });
  return to({ name: 'starting', device }, write, { do: 'launch' });
}

function prepared(state: RunState): Step {
  if (state.name !== 'preparing') return same(state);
  if (!state.held) return to({ name: 'starting', device: state.device }, { do: 'launch' });
  return to({ name: 'held' }, { do: 'write', status: 'queued', device: null }, { do: 'release' });
}

function running(state: RunState, paused: boolean): Step {
  switch (state.name) {
    case 'starting':
    case 'running': {
      const { device } = state;
      const status = paused ? 'paused' : 'running';
      const write = { do: 'write', status, begun: true } as const;
      return to(paused ? { name: 'paused', device, started: true } : { name: 'running', device }, write);
    }
    case 'paused': {
      const write = { do: 'write', status: 'paused', begun: true } as const;
      const next = { ...state, started: true };
      // The folder was not there yet, or has other contents than were requested.
      return paused ? to(next, write) : to(next, { do: 'ask', what: 'pause' }, write);
    }
    default:
      return same(state);
  }
}

function movedAway(state: RunState, host: string): Step {
  const release: RunCommand[] = 'device' in state && state.device !== null ? [{ do: 'release' }] : [];
  return to(
    { name: 'elsewhere', host },
    { do: 'write', status: 'elsewhere', device: `@${host}`, begun: true },
    ...release,
  );
}

function ended(state: RunState, how: Ending | null): Step {
  if (isOver(state) || state.name === 'cancelling') return same(state);
  const reason = state.name === 'stopping' ? state.reason : null;
  if (how) return ending(outcomeOf(how, reason), how);
  // Nothing was ever started for it.
  if (state.name === 'stopping') return ending({ status: REQUESTED[reason ?? 'stop'], error: null }, null);
  return waitAgain(state);
}

function waitAgain({ name }: RunState): Step {
  const back: RunCommand[] = [{ do: 'write', status: 'queued', device: null }, { do: 'release' }];
  if (name === 'paused') return to({ name: 'held' }, ...back);
  return to({ name: 'queued' }, ...back, { do: 'enqueue' });
}

function ending(outcome: Outcome, how: Ending | null, first: RunCommand[] = []): Step {
  return to({ name: 'ending', outcome }, ...first, { do: 'keep', outcome, ending: how });
}

function kept(state: RunState): Step {
  if (state.name !== 'ending') return same(state);
  if (state.stop) return endUnstarted(state.stop);
  const told: RunCommand[] = [{ do: 'tell', what: 'ended' }, { do: 'release' }, { do: 'tell', what: 'released' }];
  if (state.outcome.status === 'paused') return to({ name: 'suspended' }, ...told);
  return to({ name: 'over', outcome: state.outcome }, { do: 'forget' }, ...told);
}

function asked(state: RunState, request: Request): Step | Refusal {
  switch (state.name) {
    case 'elsewhere':
      return askElsewhere(state, request);
    case 'ending':
      if (request.type === 'stop' && state.outcome.status === 'paused') return to({ ...state, stop: request.reason });
      return refuse('over', l10n.t('is already {0}', statusText(statusOf(state))));
    case 'over':
      return refuse('over', l10n.t('is already {0}', statusText(statusOf(state))));
  }
  switch (request.type) {
    case 'stop':
      return stop(state, request.reason);
    case 'suspend':
      if (state.name === 'stopping') return same(state);
      if (!isAtWork(state)) return notRunning(state);
      return stopping(state.device, 'pause');
    case 'pause':
      return state.name === 'starting' || state.name === 'running' ? pause(state, request) : notRunning(state);
    case 'resume':
      if (state.name === 'held') return to({ name: 'queued' }, { do: 'enqueue' });
      return state.name === 'paused'
        ? resume(state)
        : refuse('state', l10n.t('is not paused ({0})', statusText(statusOf(state))));
    case 'hold':
      if (state.name === 'queued') return to({ name: 'held' }, { do: 'withdraw' });
      if (state.name === 'preparing') return to({ ...state, held: true });
      return state.name === 'starting' || state.name === 'running' ? pause(state, request) : same(state);
    case 'go on':
      if (state.name === 'held') return to({ name: 'queued' }, { do: 'enqueue' });
      if (state.name === 'preparing') return to({ ...state, held: false });
      return state.name === 'paused' ? resume(state) : same(state);
    case 'set':
      if (!isAtWork(state) && state.name !== 'stopping') return notRunning(state);
      return request.possible
        ? same(state)
        : refuse('impossible', l10n.t('has lost its supervisor, so new values can’t reach it'));
  }
}

/**
 * Its supervisor reads requests from the run's folder. Values of the program can be changed only on the host that
 * started it.
 */
function askElsewhere(state: Extract<RunState, { name: 'elsewhere' }>, request: Request): Step | Refusal {
  const { type } = request;
  if (type === 'hold' || type === 'go on') return same(state);
  if (type === 'suspend' || type === 'set')
    return refuse('elsewhere', l10n.t('is running on {0}: use Tunesmith there', state.host));
  if (!request.possible)
    return refuse('elsewhere', l10n.t('is running on {0}, and its folder can’t be written from here', state.host));
  if (type !== 'stop') return to(state, { do: 'ask', what: type });
  return to({ ...state, asked: true }, ...endWith(request.reason));
}

function stop(state: RunState, reason: Exclude<StopReason, 'pause'>): Step | Refusal {
  if (isAtWork(state)) return stopping(state.device, reason);
  switch (state.name) {
    case 'queued':
    case 'held':
    case 'preparing':
      return to({ name: 'cancelling', reason }, { do: 'withdraw' }, { do: 'claim' });
    case 'stopping':
      // A person's stop takes precedence over an earlier pause request.
      return stopping(state.device, reason);
    case 'suspended':
      return endUnstarted(reason);
    default:
      return notRunning(state);
  }
}

/** Recorded in the run's folder, too: a store that is rebuilt must not list it as queued. */
function endUnstarted(reason: Exclude<StopReason, 'pause'>): Step {
  const status = REQUESTED[reason];
  return ending({ status, error: null }, null, [{ do: 'note end', status }]);
}

function stopping(device: string | null, reason: StopReason): Step {
  return to({ name: 'stopping', device, reason }, ...endWith(reason));
}

function endWith(reason: StopReason): RunCommand[] {
  return [
    { do: 'write', status: 'stopping' },
    { do: 'ask to end', reason },
  ];
}

function pause(state: { name: string; device: string }, { possible }: { possible: boolean }): Step | Refusal {
  if (!possible) return refuse('impossible', l10n.t('can’t be paused on this system'));
  const { device } = state;
  const commands: RunCommand[] = [
    { do: 'ask', what: 'pause' },
    { do: 'write', status: 'paused' },
  ];
  // A suspended process takes no processor time, but keeps a GPU's memory.
  if (isCpu(device)) commands.push({ do: 'release' });
  return to({ name: 'paused', device, started: state.name === 'running' }, ...commands);
}

function resume({ device, started }: { device: string; started: boolean }): Step {
  const name = started ? 'running' : 'starting';
  return to({ name, device }, { do: 'ask', what: 'resume' }, { do: 'occupy' }, { do: 'write', status: name });
}

type AtWork = Extract<RunState, { name: 'starting' | 'running' | 'paused' }>;

const isAtWork = (state: RunState): state is AtWork =>
  state.name === 'starting' || state.name === 'running' || state.name === 'paused';
const isOver = (state: RunState): boolean => state.name === 'ending' || state.name === 'over';
const isCpu = (device: string): boolean => !device.startsWith('gpu');
const to = (state: RunState, ...commands: RunCommand[]): Step => ({ state, commands });
const same = (state: RunState): Step => to(state);
const notRunning = (state: RunState): Refusal =>
  refuse('state', l10n.t('is not running ({0})', statusText(statusOf(state))));
