/** Staying connected to an engine: if it is killed, a new one is started, which takes over all running work. */
import { EngineError, type EngineConnection } from '../../engine/clients/index.js';
import { workspacePaths } from '../../engine/disk/paths.js';
import type { Context } from '../context.js';
import { CommandError } from '../errors.js';
import { l10n } from '../../format/l10n.js';

/** Number of engines that may die during one command before it gives up. */
const ATTEMPTS = 5;

/**
 * Calls `attach` with the engine, and with the next one each time an engine dies, until `done` is called.
 * `attach` subscribes and requests the current state, so nothing that happened in between is missed.
 */
export async function attached<T>(
  context: Context,
  attach: (engine: EngineConnection, done: (result: T) => void) => Promise<void>,
  left: Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const engine = await context.engine();
    const outcome = await new Promise<{ result: T } | 'gone'>((resolve, reject) => {
      const done = (result: T): void => resolve({ result });
      engine.onClose(() => resolve('gone'));
      left.then(done, reject);
      attach(engine, done).catch((error) => {
        if (error instanceof EngineError && error.kind === 'closed') resolve('gone');
        else reject(error);
      });
    });
    if (outcome !== 'gone') return outcome.result;
    if (attempt === ATTEMPTS) {
      throw new CommandError(
        l10n.t(
          'The engine ended {0} times. Runs continue; see them with: tunesmith ls\nWhy it ended is in {1}',
          ATTEMPTS,
          workspacePaths(context.workspace).log,
        ),
      );
    }
    context.say(l10n.t('The engine ended; starting it again. Nothing that was logged is lost.'));
  }
}
