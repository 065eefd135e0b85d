/** Imports that a training module may write without having installed anything. */
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';

/** Its file is next to the program that runs the module. */
export const TRAINING_MODULE = { name: 'tunesmith/training', file: 'training.cjs' };

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;
/** Since Node 22.15 and 23.5; hooks `require` too. */
type RegisterHooks = (hooks: { resolve: Resolve }) => void;

/** From here on `name` is the CommonJS module in `file`, in this thread. */
export function provide(name: string, file: string): void {
  const url = pathToFileURL(file).href;
  const { registerHooks } = nodeModule as unknown as { registerHooks?: RegisterHooks };
  if (registerHooks) {
    const found = { url, format: 'commonjs', shortCircuit: true };
    registerHooks({
      resolve: (specifier, context, next) => (specifier === name ? found : next(specifier, context)),
    });
    return;
  }
  const code =
    `export const resolve = (specifier, context, next) => specifier === ${JSON.stringify(name)} ` +
    `? { url: ${JSON.stringify(url)}, format: 'commonjs', shortCircuit: true } : next(specifier, context);`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(code)}`);
}
