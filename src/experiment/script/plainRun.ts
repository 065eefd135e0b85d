/** Builds the experiment that represents a script without an experiment file. */
import type { ParamValue } from '../../protocol/values/index.js';
import { setEntry } from '../../protocol/values/records.js';
import { isPassable, literally, programOf, readGiven, wordsOf } from './command.js';
import { floatText } from './ranges.js';
import type { FoundScript, ScriptArgument } from './types.js';

export interface ScriptPlace {
  /** Path of the script from the folder that it starts in, with slashes. */
  script: string;
  /** Path of that folder from the script's own, with slashes; null when it is the same. */
  cwd: string | null;
  name: string;
}

/**
 * Returns the text of an experiment file (JSON) that starts the script with its own defaults, replaced by the words in
 * `given`. Arguments that the script takes on the command line become hyperparameters.
 */
export function plainRunText(found: FoundScript, text: string, place: ScriptPlace, given: readonly string[]): string {
  const program = programOf(place.script, text);
  const laid = readGiven(found, given);
  const passed = laid ? found.arguments.flatMap((argument) => withValue(argument, laid.values)) : [];
  const shown = passed.filter((argument) => isPassable(argument) && isCommandLine(argument, laid!.values));
  const params: Record<string, Written> = {};
  for (const { name, value, kind } of shown) setEntry(params, name, { value: value!, kind });
  const [global, own] = [shown.filter((each) => each.isGlobal), shown.filter((each) => !each.isGlobal)];
  const words = laid
    ? [...global.flatMap(wordsOf), ...found.prefix, ...own.flatMap(wordsOf), ...laid.rest.map(literally)]
    : given.map(literally);
  const run = [...program, literally(place.script), ...words];
  const parts = [
    `"name": ${JSON.stringify(place.name)}`,
    ...(place.cwd === null ? [] : [`"cwd": ${JSON.stringify(place.cwd)}`]),
    `"run": ${JSON.stringify(run)}`,
    `"params": {${Object.entries(params)
      .map(([name, written]) => `${JSON.stringify(name)}: ${jsonOf(written)}`)
      .join(', ')}}`,
  ];
  return `{\n  ${parts.join(',\n  ')}\n}\n`;
}

interface Written {
  value: ParamValue;
  kind: ScriptArgument['kind'];
}

/** The values of a configuration file stay there, unless the person gave one. */
function isCommandLine({ name, pass }: ScriptArgument, given: ReadonlyMap<string, unknown>): boolean {
  if (pass.how === 'file') return false;
  return pass.how !== 'override' || given.has(name);
}

function withValue(argument: ScriptArgument, given: ReadonlyMap<string, ScriptArgument['value']>): ScriptArgument {
  const value = given.get(argument.name);
  return value === undefined ? argument : { ...argument, value };
}

function jsonOf({ value, kind }: Written): string {
  if (Array.isArray(value)) return `[${value.map((item) => jsonOf({ value: item, kind })).join(', ')}]`;
  return typeof value === 'number' && kind === 'float' ? floatText(value) : JSON.stringify(value);
}

/** Required arguments of the script that have no default. */
export function missingOf(found: FoundScript, given: readonly string[]): ScriptArgument[] {
  const laid = readGiven(found, given);
  // Positional words that the person typed may be any of them.
  if (!laid || laid.rest.length > 0) return [];
  return found.arguments.filter(({ name, required }) => required && !laid.values.has(name));
}
