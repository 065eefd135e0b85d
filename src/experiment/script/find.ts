/** Finds the arguments of a script and the metrics that it logs, without running it. */
import { formatOf } from './configText.js';
import { metricsOf } from './metrics.js';
import { findConfigFile } from './parsers/configFile.js';
import { findParser } from './parsers/index.js';
import { PythonModule } from './python/module.js';
import { TOO_LARGE, type FoundScript, type Neighbors, type ScriptArgument } from './types.js';

const NOTHING: FoundScript = {
  language: 'other',
  parser: null,
  arguments: [],
  prefix: [],
  config: null,
  hydra: null,
  mainLine: null,
  argumentsLine: null,
  metrics: [],
  notes: [],
};

/** Largest number of arguments of one script; others are ignored. */
const MOST_ARGUMENTS = 400;

/**
 * Reads a script. `file` gives its language by its extension. Never throws; finds nothing in a script that is too
 * large, or too deep to be read in time.
 */
export function findScript(text: string, file: string, neighbors: Neighbors): FoundScript {
  if (!/\.pyw?$/i.test(file)) return NOTHING;
  const module = PythonModule.parse(text);
  if (!module) return { ...NOTHING, language: 'python', notes: [TOO_LARGE] };
  const found = findParser(module, neighbors);
  const config = findConfigFile(module, found?.arguments ?? [], neighbors);
  const names = new Set(found?.arguments.map(({ name }) => name));
  const own = (found?.arguments ?? []).filter((argument) => argument !== config?.config.argument);
  const values = config?.arguments.filter(({ name }) => !names.has(name)) ?? [];
  return {
    language: 'python',
    parser: found?.parser ?? (config ? 'config file' : null),
    arguments: unique([...own, ...values].filter(isSound)).slice(0, MOST_ARGUMENTS),
    prefix: (found?.prefix ?? []).filter((word) => WORD.test(word)),
    config: config?.config ?? null,
    hydra: found?.hydra ?? null,
    mainLine: mainLineOf(module) ?? (found ? null : trainingLineOf(module)),
    argumentsLine: found?.line ?? null,
    metrics: metricsOf(module),
    notes: found || config ? (found?.notes ?? []) : fixedNotes(module),
  };
}

const MOST_FIXED = 12;

/** Numbers in the code of a script without arguments, which could become arguments. */
function fixedNotes(module: PythonModule): string[] {
  const fixed = module.statements.flatMap((statement) => {
    const name = statement.name === 'AssignStatement' ? module.source.dotted(statement.firstChild) : '';
    const literal = name === '' ? undefined : module.constant(name);
    if (literal?.type !== 'int' && literal?.type !== 'float') return [];
    return [`${name} = ${module.source.textOf(statement.lastChild!)} (line ${module.line(statement) + 1})`];
  });
  return fixed.length === 0 ? [] : [`Fixed in its code: ${fixed.slice(0, MOST_FIXED).join(', ')}.`];
}

/** Returns whether a file may have lenses, by its name. */
export const isConfigName = (file: string): boolean => formatOf(file) !== null;

function mainLineOf(module: PythonModule): number | null {
  const statement = module.statements.find(
    (each) => each.name === 'IfStatement' && /^if\s*\(?\s*__name__\s*==/.test(module.source.textOf(each).slice(0, 80)),
  );
  return statement ? module.line(statement) : null;
}

const LIBRARIES =
  'torch tensorflow keras sklearn xgboost lightgbm catboost jax flax lightning pytorch_lightning transformers fastai accelerate mxnet paddle'.split(
    ' ',
  );
const TRAINS = /(^|\.)(fit|fit_transform|train|learn|fit_one_cycle|fine_tune|cross_val_score|train_and_evaluate)$/;

/** The first statement that trains, in a script that does so without a main part. */
function trainingLineOf(module: PythonModule): number | null {
  if (!LIBRARIES.some((library) => module.imported(library))) return null;
  const statement = module.statements.find(
    (each) =>
      /^(Expression|Assign|For|While|With)Statement$/.test(each.name) &&
      module.source.calls(each).some(({ callee }) => TRAINS.test(callee)),
  );
  return statement ? module.line(statement) : null;
}

const NAME = /^[A-Za-z_][\w.-]{0,120}$/;
const WORD = /^[\w@/.+-]{1,200}$/;

/** Names and options become parts of a file and of a command: those that can't be are left out. */
function isSound({ name, pass }: ScriptArgument): boolean {
  return NAME.test(name) && optionsOf(pass).every((word) => WORD.test(word));
}

function optionsOf(pass: ScriptArgument['pass']): string[] {
  switch (pass.how) {
    case 'option':
      return [pass.option];
    case 'switch':
      return [pass.on ?? [], pass.off ?? []].flat();
    case 'list':
      return pass.option === null ? [] : [pass.option];
    case 'override':
      return [pass.key];
    default:
      return [];
  }
}

/** The last declaration of a name counts. */
function unique<T extends { name: string }>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [each.name, each])).values()];
}
