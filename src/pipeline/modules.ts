/**
 * Modules of the person's own that a script imports, found without running it: a stage is done again when one of them
 * changes. Installed packages are left out.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Most modules that are followed, and the largest one that is read. */
const MOST = 500;
const LARGEST = 4 * 1024 * 1024;
const SCRIPT = /\.(py|[cm]?[jt]s)$/;
const JS_ENDINGS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];

/** Returns the absolute paths of the modules that a script imports, directly or indirectly; empty for other files. */
export function modulesOf(script: string): string[] {
  if (!SCRIPT.test(script)) return [];
  const root = path.dirname(script);
  const found = new Set<string>();
  const left = [script];
  for (let file = left.pop(); file !== undefined && found.size < MOST; file = left.pop()) {
    const text = read(file);
    const next = file.endsWith('.py') ? pythonImports(text, file, root) : scriptImports(text, file);
    for (const one of next) {
      if (found.has(one) || one === script) continue;
      found.add(one);
      if (SCRIPT.test(one)) left.push(one);
    }
  }
  return [...found].sort();
}

function read(file: string): string {
  try {
    return fs.statSync(file).size > LARGEST ? '' : fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** `root`: folder of the script that was started, from which Python looks for modules first. */
function pythonImports(text: string, file: string, root: string): string[] {
  const found: string[] = [];
  const add = (base: string, dotted: string): boolean => {
    const parts = dotted.split('.').filter(Boolean);
    const at = path.join(base, ...parts);
    const there = [`${at}.py`, path.join(at, '__init__.py')].filter(isFile);
    found.push(...there);
    // Packages on the way are executed as well.
    for (let i = 1; i < parts.length; i++) {
      const init = path.join(base, ...parts.slice(0, i), '__init__.py');
      if (isFile(init)) found.push(init);
    }
    return there.length > 0;
  };
  for (const [, plain, dots, from, names] of text.matchAll(
    /^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*))/gm,
  )) {
    if (plain !== undefined) {
      for (const one of plain.split(',')) add(root, one.trim().split(/\s/)[0] ?? '');
      continue;
    }
    const base = dots ? path.resolve(path.dirname(file), ...Array<string>(dots.length - 1).fill('..')) : root;
    if (from) add(base, from);
    for (const one of (names ?? '').replace(/[()]/g, '').split(',')) {
      const name = one.trim().split(/\s/)[0] ?? '';
      if (/^\w+$/.test(name)) add(base, from ? `${from}.${name}` : name);
    }
  }
  return found;
}

function scriptImports(text: string, file: string): string[] {
  const folder = path.dirname(file);
  return [...text.matchAll(/(?:from|import|require\s*\()\s*['"](\.{1,2}\/[^'"\n]+)['"]/g)].flatMap(([, named]) => {
    const at = path.resolve(folder, named!);
    // A TypeScript module may be imported by the name of its compiled file, too.
    const typed = at.replace(/\.([cm]?)js$/, '.$1ts');
    return [...JS_ENDINGS.map((ending) => at + ending), typed].find(isFile) ?? [];
  });
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
