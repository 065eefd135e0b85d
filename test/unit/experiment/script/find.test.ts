/** The findings in scripts of every kind, and the experiment file that is written from it: golden texts that a person can read. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';
import { plainRunText, readScript, tuneText, type ScriptArgument } from '../../../../src/experiment/script/index.js';

const samples = path.join(import.meta.dirname, 'samples');
const scripts = globSync('**/*.py', { cwd: samples }).sort();

it('has scripts of more than twenty kinds', () => expect(scripts.length).toBeGreaterThan(20));

/** One argument on a line: place, name, type, default, and how it is handed over. */
function line({ name, kind, isList, value, choices, bounds, required, pass, line: at, help }: ScriptArgument): string {
  const type = `${kind}${isList ? ' list' : ''}${choices ? ` of ${JSON.stringify(choices)}` : ''}`;
  const limits = bounds ? ` in [${bounds.low ?? ''}, ${bounds.high ?? ''}]` : '';
  const preset = value === undefined ? (required ? ' required' : '') : ` = ${JSON.stringify(value)}`;
  const { how, ...detail } = pass;
  const handed = [how, ...Object.values(detail).map((each) => JSON.stringify(each))].join(' ');
  return `${String(at + 1).padStart(4)}  ${name}: ${type}${limits}${preset}  [${handed}]${help ? `  ${help}` : ''}`;
}

it.each(scripts)('finds what %s takes, and writes a file that is valid', async (name) => {
  const file = path.join(samples, name);
  const start = name.startsWith('hydra/') ? path.join(samples, 'hydra') : path.dirname(file);
  const { found, text, place } = readScript(file, start, samples);
  const written = tuneText(found, text, place, { count: 0, metrics: [] });
  const shown = [
    `parser: ${found.parser ?? 'none'} in line ${(found.argumentsLine ?? -1) + 1}; main in line ${(found.mainLine ?? -1) + 1}`,
    ...(found.config
      ? [`config: ${found.config.path}${found.config.argument ? ` by ${found.config.argument.name}` : ''}`]
      : []),
    ...(found.metrics.length ? [`metrics: ${found.metrics.map((each) => each.name).join(', ')}`] : []),
    ...found.arguments.map(line),
    '',
    '-- run --',
    plainRunText(found, text, place, []).trimEnd(),
    '',
    `-- ${path.basename(name, '.py')}.tune.yaml --`,
    written,
  ].join('\n');
  await expect(shown).toMatchFileSnapshot(`golden/${name.replaceAll('/', '-').replace(/\.py$/, '.txt')}`);
  const target = file.replace(/\.py$/, '.tune.yaml');
  for (const each of [written, plainRunText(found, text, place, [])])
    expect(parseExperiment(each, target).problems, each).toEqual([]);
});

it.each(['word_language_model.py', 'subcommands_argparse.py'])('%s itself takes what it is handed', (name) => {
  const file = path.join(samples, name);
  const { found, text, place } = readScript(file, samples, samples);
  const { experiment } = parseExperiment(tuneText(found, text, place, { count: 0, metrics: [] }), file);
  const run = { id: 'r', folder: '/runs/r', seed: 5, trial: null };
  const { argv, cwd } = planRun(experiment!, {}, { dist: '/dist', env: process.env, run });
  const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { cwd, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

it('reads no script that is too large, and none for long', () => {
  const nested = `x = ${'['.repeat(100_000)}`;
  const before = readFileSync(path.join(samples, 'broken.py'), 'utf8');
  for (const text of [
    nested,
    `${before}\n`.repeat(20_000),
    'a.b'.repeat(100_000),
    '@x\n'.repeat(50_000),
    '(lambda: '.repeat(20_000),
  ])
    expect(readScript('/x/y.py', '/x', '/x', text).found.language).toBe('python');
});
