/** Every kind of parser, in the order in which they are looked for. */
import type { PythonModule } from '../python/module.js';
import type { Found, Neighbors } from '../types.js';
import { findAbsl } from './absl.js';
import { findArgparse } from './argparse.js';
import { findDataclasses } from './dataclasses.js';
import { findClick, findFire, findTyper } from './functions.js';
import { findClientConfig, findConfigurator } from './globals.js';
import { findHydra } from './hydra.js';
import { findLightning } from './lightning.js';

/** The first parser that the script uses, or null. */
export function findParser(module: PythonModule, neighbors: Neighbors): Found | null {
  return (
    findHydra(module, neighbors) ??
    findDataclasses(module) ??
    findLightning(module) ??
    findClick(module) ??
    findTyper(module) ??
    findFire(module) ??
    findAbsl(module) ??
    findConfigurator(module) ??
    findArgparse(module) ??
    findClientConfig(module)
  );
}
