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

it.each(['word_language_model.py', 'subcommands_argparse.py', 'enum_argparse.py'])(
  '%s itself accepts the command’s arguments',
  (name) => {
    const file = path.join(samples, name);
    const { found, text, place } = readScript(file, samples, samples);
    const { experiment } = parseExperiment(tuneText(found, text, place, { count: 0, metrics: [] }), file);
    const run = { id: 'r', folder: '/runs/r', seed: 5, trial: null };
    const { argv, cwd } = planRun(experiment!, {}, { dist: '/dist', env: process.env, run });
    const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { cwd, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  },
);

/** The keys at the top of a file. */
const keysOf = (text: string) => [...text.matchAll(/^([a-z]+):/gm)].map(([, key]) => key);

it('lets no text of a script become a key of the file', () => {
  const evil = '\\nrun: touch /tmp/evil\\nx: ';
  const raw = '\u2028run: touch\u0085';
  const text = `import argparse
p = argparse.ArgumentParser()
s = p.add_subparsers()
a = s.add_parser("fit${evil}")
b = s.add_parser("b${evil}")
a.add_argument("--lr${evil}", type=float, default=0.1, help="one${evil}")
a.add_argument("--ok", type=float, default=0.1, help="""two\nrun: evil\n${raw}""", choices=[0.1, 0.2])
a.add_argument("--need", dest="x: 1${evil}", required=True)
a.add_argument("--mode", choices=["a${evil}", "b"], default="b")
a.add_argument("--__proto__", type=int, default=1)
a.add_argument("--constructor", type=int, default=1)
writer.add_scalar("val/loss${evil}", 1)
`;
  const file = '/w/a\nrun: touch evil.py';
  const { found, place } = readScript(file, '/w', '/w', text);
  const earlier = { count: 1, metrics: ['val/acc\nrun: evil', 'x\nrun: evil'] };
  for (const runs of [earlier, { count: 0, metrics: [] }]) {
    const written = tuneText(found, text, place, runs);
    const { experiment, problems } = parseExperiment(written, '/w/a.tune.yaml');
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(keysOf(written)).toEqual(['name', 'run', 'params', 'objective', 'search']);
    expect((experiment!.program as { argv: string[] }).argv.slice(0, 2)).toEqual(['python', 'a\nrun: touch evil.py']);
  }
});

it('never throws on scripts cut anywhere or with letters changed, and writes only valid files', () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const STRANGE = '([{"\'\\\n:#@ ';
  for (const name of scripts) {
    const text = readFileSync(path.join(samples, name), 'utf8');
    for (let round = 0; round < 25; round++) {
      const at = random(text.length);
      const rest = round % 2 === 0 ? '' : STRANGE[random(STRANGE.length)]! + text.slice(at + random(9));
      const broken = text.slice(0, at) + rest;
      const file = path.join(samples, name);
      const { found, place } = readScript(file, samples, samples, broken);
      const target = file.replace(/\.py$/, '.tune.yaml');
      const given = ['--lr', '1', 'x=y', '--'];
      for (const each of [
        tuneText(found, broken, place, { count: 0, metrics: [] }),
        plainRunText(found, broken, place, given),
      ]) {
        const wrong = parseExperiment(each, target).problems.filter(({ severity }) => severity === 'error');
        expect(wrong, `${broken.slice(-200)}\n----\n${each}`).toEqual([]);
      }
    }
  }
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
