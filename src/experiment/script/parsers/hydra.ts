/** Hydra: `@hydra.main` names a configuration whose values are overridden as `key=value`. */
import { configTree, scalarsOf, type ConfigValue } from '../configText.js';
import type { PythonModule } from '../python/module.js';
import type { Folder, Found, Neighbors, ScriptArgument } from '../types.js';
import { argument } from './build.js';
import { fieldsOf } from './dataclasses.js';

/** Files of the configuration that are read, at most. */
const MOST_FILES = 40;

export function findHydra(module: PythonModule, neighbors: Neighbors): Found | null {
  for (const { decorators } of module.functions.values()) {
    const main = decorators.find(({ callee }) => module.resolve(callee) === 'hydra.main');
    if (!main) continue;
    const line = module.line(main.node);
    const folder = module.text(main.keywords.get('config_path') ?? main.positional[0]);
    const name = module.text(main.keywords.get('config_name') ?? main.positional[1]) ?? 'config';
    const found = folder === undefined ? [] : new Composer(folder, neighbors.script, line).compose(name);
    const structured = found.length === 0 ? stored(module, name) : [];
    const notes = found.length + structured.length === 0 ? [`The configuration ${name} was not found.`] : [];
    const path = folder === undefined ? {} : { hydra: `${folder}/${name.replace(/\.ya?ml$/, '')}` };
    return { parser: 'hydra', arguments: [...found, ...structured], prefix: [], line, notes, ...path };
  }
  return null;
}

/** `cs.store(name="config", node=Config)`: a dataclass in place of a file. */
function stored(module: PythonModule, name: string): ScriptArgument[] {
  for (const { callee, keywords, positional } of module.source.calls()) {
    if (!/\.store$/.test(callee) || module.text(keywords.get('name') ?? positional[0]) !== name) continue;
    const node = keywords.get('node') ?? positional[1];
    const dialect = {
      option: (path: readonly string[]) => path.join('.'),
      joined: true,
      boolean: (option: string) => ({ how: 'override' as const, key: option }),
    };
    return fieldsOf(module, node ? module.source.dotted(node) : '', dialect, []).map((each) => ({
      ...each,
      pass: { how: 'override', key: each.name },
    }));
  }
  return [];
}

class Composer {
  private count = 0;

  constructor(
    private readonly folder: string,
    private readonly files: Folder,
    private readonly line: number,
  ) {}

  compose(name: string): ScriptArgument[] {
    const found = new Map<string, ScriptArgument>();
    this.include(name, [], found);
    return [...found.values()];
  }

  /** `group`: where the values of the file stand, unless it says so itself. */
  private include(name: string, group: string[], found: Map<string, ScriptArgument>): void {
    if (this.count++ >= MOST_FILES) return;
    const path = `${this.folder}/${name.replace(/\.ya?ml$/, '')}`;
    const text = this.files.read(`${path}.yaml`) ?? this.files.read(`${path}.yml`);
    const tree = text === null ? null : configTree(text, 'yaml');
    if (text === null || tree === null) return;
    const at = packageOf(text, group);
    const { defaults, ...rest } = tree as { defaults?: unknown } & Record<string, unknown>;
    let isOwnDone = false;
    const addOwn = () => {
      isOwnDone = true;
      for (const value of scalarsOf(rest)) this.add(value, at, found);
    };
    for (const entry of Array.isArray(defaults) ? defaults.slice(0, MOST_FILES) : []) {
      if (entry === '_self_') addOwn();
      else if (typeof entry === 'string') this.include(this.near(name, entry), at, found);
      else if (typeof entry === 'object' && entry !== null)
        this.group(name, entry as Record<string, unknown>, at, found);
    }
    if (!isOwnDone) addOwn();
  }

  /** `- optimizer: adam`: a choice between the files of a folder. */
  private group(from: string, entry: Record<string, unknown>, at: string[], found: Map<string, ScriptArgument>): void {
    const [written, chosen] = Object.entries(entry)[0] ?? [];
    if (written === undefined || /^override\s/.test(written)) return;
    const [name, where] = written.replace(/^optional\s+/, '').split('@');
    const group = name!.startsWith('/') ? name!.slice(1) : this.near(from, name!);
    if (group.split('/')[0] === 'hydra') return;
    const groups = where === '_global_' ? [] : where === undefined ? group.split('/') : [...at, ...where.split('.')];
    const choices = (this.files.list(`${this.folder}/${group}`) ?? [])
      .filter((file) => /\.ya?ml$/.test(file))
      .map((file) => file.replace(/\.ya?ml$/, ''))
      .sort();
    if (typeof chosen === 'string') {
      const key = where === undefined ? group : `${group}@${where}`;
      const value = { name: group.replaceAll('/', '.'), value: chosen, line: this.line };
      if (choices.length > 1 && key === group)
        found.set(`${group}/`, {
          ...argument({
            ...value,
            kind: 'text',
            isList: false,
            required: false,
            choices,
            pass: { how: 'override', key },
          }),
        });
      this.include(`${group}/${chosen}`, groups, found);
    }
  }

  private add({ path, value, kind, isList }: ConfigValue, at: string[], found: Map<string, ScriptArgument>): void {
    const name = [...at, ...path].join('.');
    if (/^hydra\b/.test(name) || /[^\w.-]/.test(name)) return;
    found.set(
      name,
      argument({ name, kind, isList, value, required: value === '???', line: this.line, pass: passOf(name, value) }),
    );
  }

  private near(from: string, name: string): string {
    const folder = from.split('/').slice(0, -1);
    return name.startsWith('/') ? name.slice(1) : [...folder, name].join('/');
  }
}

function passOf(name: string, value: unknown): ScriptArgument['pass'] {
  const isPlain = typeof value !== 'string' || /^[\w./-]+$/.test(value);
  return isPlain ? { how: 'override', key: name } : { how: 'none', why: "Hydra's grammar needs quotes for it" };
}

/** `# @package _global_` at the beginning of a file. */
function packageOf(text: string, group: string[]): string[] {
  const written = /^\s*#\s*@package\s+(\S+)/m.exec(text.slice(0, 2000))?.[1];
  if (written === undefined || written === '_group_') return group;
  return written === '_global_' ? [] : written.replace(/^_global_\./, '').split('.');
}
