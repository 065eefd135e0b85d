/** Scripts that read their values from a YAML, JSON or TOML file. */
import { configTree, formatOf, scalarsOf } from '../configText.js';
import type { PythonModule } from '../python/module.js';
import type { ConfigFile, Neighbors, ScriptArgument } from '../types.js';
import { argument } from './build.js';

const READERS = ['yaml', 'json', 'toml', 'tomllib', 'tomli', 'omegaconf', 'ruamel', 'box', 'yacs', 'confuse', 'munch'];
const CONFIG_ARGUMENT = /^(cfg|conf|config|hparams|hp|params|settings)(_?(file|path|fn|name|yaml|json))?$/i;

/** The file, and its values as arguments. `declared`: the arguments that the script takes. */
export function findConfigFile(
  module: PythonModule,
  declared: readonly ScriptArgument[],
  neighbors: Neighbors,
): { config: ConfigFile; arguments: ScriptArgument[] } | null {
  if (!READERS.some((reader) => module.imported(reader))) return null;
  const argument = declared.find(({ name, kind }) => kind === 'text' && CONFIG_ARGUMENT.test(name)) ?? null;
  const named = argument ? [argument.value] : namesInCode(module);
  for (const path of named) {
    if (typeof path !== 'string') continue;
    const format = formatOf(path);
    const text = format && (neighbors.start.read(path) ?? neighbors.script.read(path));
    const tree = format && typeof text === 'string' ? configTree(text, format) : null;
    if (!format || !tree) continue;
    const overrides = mergesCommandLine(module);
    const config: ConfigFile = { path, format, argument };
    return { config, arguments: valuesOf(tree, argument?.line ?? 0, config, overrides) };
  }
  return null;
}

/** Names of files in calls such as `open("config.yaml")` or `OmegaConf.load("config.yaml")`. */
function namesInCode(module: PythonModule): string[] {
  return module.source
    .calls()
    .filter(({ callee }) =>
      /(^|\.)(open|load|Path|read_text|load_config|safe_load|from_file|merge_from_file)$/.test(callee),
    )
    .flatMap(({ positional }) => module.text(positional[0]) ?? [])
    .filter((name) => formatOf(name) !== null && !/^[/~]|\.\.[\\/]/.test(name));
}

/** OmegaConf takes `key=value` from the command line. */
function mergesCommandLine(module: PythonModule): boolean {
  return module.callsOf(/(^|\.)OmegaConf\.from_cli$/).length > 0;
}

function valuesOf(
  tree: Record<string, unknown>,
  line: number,
  config: ConfigFile,
  overrides: boolean,
): ScriptArgument[] {
  return scalarsOf(tree).map(({ path, value, kind, isList }) => {
    const name = path.join('.');
    const pass: ScriptArgument['pass'] = overrides
      ? { how: 'override', key: name }
      : config.argument
        ? { how: 'file', path }
        : { how: 'none', why: `its value is in ${config.path}, which the script opens by that name` };
    return argument({ name, kind, isList, value, required: false, line, pass });
  });
}
