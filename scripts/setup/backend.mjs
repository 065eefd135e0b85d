// A native training backend in the tests' home, so that training on real MNIST takes seconds. Where none can be had the
// built-in ones serve, slowly.
import { existsSync } from 'node:fs';
import { info, step, Unavailable } from '../lib/log.mjs';
import { inProject } from '../lib/paths.mjs';
import { projectNode } from '../lib/project.mjs';
import { run } from '../lib/process.mjs';

const cli = inProject('bin', 'tunesmith.mjs');

/** Returns the CLI's list of backends; the chosen one has `chosen: true`. */
export async function listBackends(env) {
  const { output } = await run(projectNode, [cli, 'backends', '--json'], { env, output: 'quiet', timeout: 180_000 });
  return JSON.parse(output.slice(output.indexOf('[')));
}

const isNative = ({ works, id }) => works && ['tfjs-node-gpu', 'tensorflow-python', 'tfjs-node'].includes(id);

/**
 * Sees to it that a native backend works, installing one by the product's own command. Returns its id; throws Unavailable
 * with the reason of each when none can be had.
 */
export async function ensureBackend(env, { live = false } = {}) {
  if (!existsSync(cli)) throw new Unavailable('bin/tunesmith.mjs is missing');
  const before = await listBackends(env);
  const present = before.find(isNative);
  if (present) return present.id;
  await step('Installing a native training backend', () =>
    run(projectNode, [cli, 'backends', 'install'], {
      env,
      output: live ? 'live' : 'quiet',
      timeout: 15 * 60_000,
      check: false,
    }),
  );
  const after = await listBackends(env);
  const made = after.find(isNative);
  if (!made) {
    throw new Unavailable(
      after.map(({ name, reason }) => `${name}: ${reason}`).join('; ') || 'no backend could be installed',
    );
  }
  info(`training backend: ${made.name}`);
  return made.id;
}
