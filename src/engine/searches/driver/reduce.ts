/** The rules of a search: (state, event) → (state, commands). Pure. */
import {
  forgive,
  isHopeless,
  isLive,
  isOpen,
  liveTrials,
  stageAfter,
  type Ending,
  type SearchCommand,
  type SearchEvent,
  type SearchState,
  type Stage,
  type Step,
  type TrialEntry,
} from './state.js';

type Of<T extends SearchEvent['type']> = Extract<SearchEvent, { type: T }>;
type Rules = { [T in SearchEvent['type']]: (state: SearchState, event: Of<T>) => Step };

/** Returns the next state and its commands. An event that does not apply leaves the state unchanged. */
export function reduce(state: SearchState, event: SearchEvent): Step {
  if (state.phase.name === 'ended') return { state, commands: [] };
  const rule = RULES[event.type] as (state: SearchState, event: SearchEvent) => Step;
  const step = rule(state, event);
  const settled = settle(step.state);
  return { state: settled.state, commands: [...step.commands, ...settled.commands] };
}

const RULES: Rules = {
  go(state) {
    if (state.phase.name === 'running') return step(state, { type: 'offer' });
    const type = state.phase.name === 'paused' ? 'hold' : 'stop';
    return step(state, ...forLive(state, type));
  },

  room(state) {
    if (state.phase.name !== 'running' || isHopeless(state)) return step(state);
    const wanted = state.trials.find(({ stage }) => stage.name === 'wanted');
    if (wanted) return step(state, { type: 'make', trial: wanted.id });
    return state.question === 'open' ? ask(state) : step(state);
  },

  answered(state, { trial, waiting }) {
    if (state.question !== 'asked' && state.question !== 'outdated') return step(state);
    if (trial) {
      const { id, params, again, from, until } = trial;
      const entry: TrialEntry = {
        id,
        params,
        run: state.trials[id]?.run ?? null,
        stage: { name: 'wanted', again, from, until },
      };
      return step({ ...withTrial(state, entry), question: 'open' }, { type: 'pump' });
    }
    if (!waiting) return step({ ...state, question: 'exhausted' });
    // It may know better by now.
    if (state.question === 'outdated') return step({ ...state, question: 'open' }, { type: 'pump' });
    // No active trial is left that could report more.
    return step({ ...state, question: state.trials.some(isUnderWay) ? 'waiting' : 'exhausted' });
  },

  made(state, { trial, run }) {
    const entry = state.trials[trial];
    if (entry?.stage.name !== 'wanted') return step(state);
    return step(withTrial(state, { ...entry, run, stage: { name: 'live', cut: false } }));
  },

  reported(state) {
    return heard({ ...state, worked: true });
  },

  judged(state, { trial, verdict, step: at }) {
    const entry = state.trials[trial];
    if (entry?.stage.name !== 'live' || entry.stage.cut || entry.run === null) return step(state);
    const cut = staged(state, entry, { name: 'live', cut: true });
    return step(cut, { type: 'cut', trial, run: entry.run, verdict, step: at });
  },

  ended(state, { trial, outcome, stopped, excused }) {
    const entry = state.trials[trial];
    if (!entry || !isOpen(entry)) return step(state);
    const stopping = state.phase.name === 'stopping';
    if (stopped && stopping) {
      // A stop of the search leaves trials open in the study. Paused ones stay paused there.
      return step(entry.stage.name === 'live' ? staged(state, entry, { name: 'interrupted' }) : state);
    }
    if (entry.stage.name === 'paused' && outcome.state === 'paused') return step(state);
    const told = heard(staged(state, entry, stageAfter(outcome.state, stopped || excused)));
    const worked = told.state.worked || outcome.state === 'completed';
    return step({ ...told.state, worked }, { type: 'tell', trial, outcome }, ...told.commands);
  },

  pause(state) {
    if (state.phase.name !== 'running') return step(state);
    const paused: SearchState = { ...state, phase: { name: 'paused' } };
    return step(paused, { type: 'withdraw' }, { type: 'show', status: 'paused' }, ...forLive(paused, 'hold'));
  },

  resume(state) {
    if (state.phase.name !== 'paused') return step(state);
    const running: SearchState = {
      ...forgive(state),
      phase: { name: 'running' },
      question: state.question === 'waiting' ? 'open' : state.question,
    };
    return step(running, { type: 'show', status: 'running' }, ...forLive(running, 'goOn'), { type: 'offer' });
  },

  stop(state) {
    return stop(state, 'stopped');
  },

  timeUp(state) {
    return state.phase.name === 'running' ? stop(state, 'completed') : step(state);
  },

  broken(state) {
    const broken = stop({ ...state, question: 'exhausted' }, 'failed');
    if (state.phase.name !== 'stopping') return broken;
    return step({ ...state, question: 'exhausted', phase: { name: 'stopping', ending: 'failed' } });
  },

  changed(state) {
    const thinking = state.question === 'asked' || state.question === 'outdated';
    return step({ ...state, question: thinking ? 'outdated' : 'open' }, { type: 'pump' });
  },

  reopened(state, { trials }) {
    let next = state;
    for (const id of trials) {
      const entry = next.trials[id];
      if (entry?.stage.name === 'over') next = staged(next, entry, { name: 'wanted', again: entry.run !== null });
    }
    return step(next, { type: 'pump' });
  },
};

/** Checks whether the search has ended, or must be asked although no device is free. */
function settle(state: SearchState): Step {
  const { phase, trials, question } = state;
  const live = trials.some(isLive);
  if (phase.name === 'stopping' && !live) return finish(state, phase.ending, null);
  if (phase.name !== 'running') return step(state);
  if (isHopeless(state)) {
    if (!live) return finish(state, 'failed', 'gaveUp');
    return state.doubtful ? step(state) : step({ ...state, doubtful: true }, { type: 'doubt' });
  }
  if (state.doubtful) {
    const trusted = settle({ ...state, doubtful: false });
    return step(trusted.state, { type: 'trust' }, { type: 'pump' }, ...trusted.commands);
  }
  if (live) return step(state);
  if (trials.some(({ stage }) => stage.name === 'wanted')) return step(state);
  // Without a free device nothing asks the study, and the end would go unnoticed.
  if (question === 'open' && trials.length > 0) return ask(state);
  if (question !== 'exhausted') return step(state);
  const failed = trials.length > 0 && trials.every(({ stage }) => stage.name === 'over' && stage.outcome === 'failed');
  return failed ? finish(state, 'failed', 'allFailed') : finish(state, 'completed', null);
}

function ask(state: SearchState): Step {
  return step({ ...state, question: 'asked' }, { type: 'ask' });
}

function stop(state: SearchState, ending: Ending): Step {
  if (state.phase.name === 'stopping' || state.phase.name === 'ended') return step(state);
  const stopping: SearchState = { ...state, phase: { name: 'stopping', ending } };
  return step(stopping, { type: 'withdraw' }, { type: 'show', status: 'stopping' }, ...forLive(stopping, 'stop'));
}

function finish(state: SearchState, ending: Ending, why: 'gaveUp' | 'allFailed' | null): Step {
  return step({ ...state, phase: { name: 'ended', ending } }, { type: 'withdraw' }, { type: 'finish', ending, why });
}

/** The study has received results: its answer to an earlier question may be outdated. */
function heard(state: SearchState): Step {
  if (state.question === 'asked') return step({ ...state, question: 'outdated' });
  return state.question === 'waiting' ? step({ ...state, question: 'open' }, { type: 'pump' }) : step(state);
}

/** It is running, or will be. */
function isUnderWay({ stage }: TrialEntry): boolean {
  return stage.name === 'live' || stage.name === 'wanted';
}

function forLive(state: SearchState, type: 'hold' | 'goOn' | 'stop'): SearchCommand[] {
  return liveTrials(state).flatMap(({ run }) => (run === null ? [] : [{ type, run }]));
}

function staged(state: SearchState, entry: TrialEntry, stage: Stage): SearchState {
  return withTrial(state, { ...entry, stage });
}

function withTrial(state: SearchState, entry: TrialEntry): SearchState {
  const trials = state.trials.slice();
  trials[entry.id] = entry;
  return { ...state, trials };
}

function step(state: SearchState, ...commands: SearchCommand[]): Step {
  return { state, commands };
}
