import { PROTOCOL_VERSION } from '../../../protocol/engine/index.js';
import type { EngineParts } from '../../parts.js';
import { conflict } from '../requestError.js';
import type { Languages } from '../language.js';
import type { Handlers } from '../server.js';
import { l10n } from '../../../format/l10n.js';

export interface EngineControl {
  version: string;
  workspace: string;
  startedAt: number;
  languages: Languages;
  /** Returns why the engine can't work properly, in one sentence, or null. */
  problem(): string | null;
  /** Number of live runs and searches. */
  work(): { runs: number; searches: number };
  /** Progress of the index while it is being built; null when it is complete. */
  progress(): { done: number; of: number } | null;
  /** Exits after the answer was sent. */
  leave(why: string): void;
}

export function engineHandlers({ devices, scheduler, changes, log }: EngineParts, control: EngineControl) {
  return {
    environment: ({ env }, client) => {
      client.environment = env;
      return {};
    },
    locale: ({ locale }, client) => {
      client.translate = control.languages.of(locale);
      return {};
    },
    'engine/status': () => ({
      pid: process.pid,
      version: control.version,
      protocol: PROTOCOL_VERSION,
      workspace: control.workspace,
      clients: changes.clientCount,
      ...control.work(),
      startedAt: control.startedAt,
      log: log.file,
      problem: control.problem(),
      progress: control.progress(),
    }),
    'engine/stop': ({ force }) => {
      const { runs, searches } = control.work();
      if (!force && runs + searches > 0) {
        throw conflict(
          l10n.t(
            'The engine has work: {0} and {1}. Stop them first, or stop the engine by force: programs then continue, and the next engine adopts them.',
            count(runs, 'run'),
            count(searches, 'search', 'searches'),
          ),
        );
      }
      control.leave('It was stopped.');
      return {};
    },
    'devices/list': async () => ({
      devices: await devices.list({ slots: (id) => scheduler.slots(id), busy: (id) => scheduler.busy(id) }),
    }),
  } satisfies Partial<Handlers>;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
