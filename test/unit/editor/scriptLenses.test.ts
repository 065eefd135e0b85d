import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptOfConfig } from '../../../src/editor/scripts/configScripts.js';
import { isOther, lensLines, scriptLensTexts } from '../../../src/editor/scripts/scriptLensTexts.js';
import { NOTHING, type FileState } from '../../../src/editor/language/lensTexts.js';
import * as scripts from '../../../src/experiment/script/index.js';
import { run } from './samples.js';

const samples = path.resolve(import.meta.dirname, '../experiment/script/samples');
const NO_FOLDER = { read: () => null, list: () => null };

/** The lines around the lenses as a person sees them. */
function render(name: string, state: FileState = NOTHING, trusted = true, hasFile = false): string {
  const text = readFileSync(path.join(samples, name), 'utf8');
  const lines = lensLines(scripts.findScript(text, name, { script: NO_FOLDER, start: NO_FOLDER }));
  const lenses = scriptLensTexts(name, lines, hasFile, state, trusted);
  const shown = lines.map((line) => {
    const here = lenses.filter((lens) => lens.line === line).map(({ title }) => title);
    return `  ⟨ ${here.join(' | ')} ⟩\n${text.split('\n')[line]}`;
  });
  return shown.length === 0 ? '(none)' : shown.join('\n  …\n');
}

describe('lenses of plain scripts', () => {
  it('look like this', async () => {
    const failed = run({ status: 'failed', error: { kind: 'exit', message: 'exit code 1', logTail: '' } });
    const running = run({ status: 'running', progress: { fraction: 0.42, text: '' } });
    const names = ['mnist_argparse.py', 'word_language_model.py', 'ppo_tyro.py', 'hydra/src/train.py', 'click_app.py'];
    const others = ['nanogpt_configurator.py', 'tunesmith_client.py', 'keras_constants.py', 'broken.py'];
    const scenes: [string, string][] = [
      ...[...names, ...others].map((name): [string, string] => [name, render(name)]),
      ['not trusted', render('typer_run.py', NOTHING, false)],
      ['one runs', render('typer_run.py', { ...NOTHING, runs: [running] })],
      ['the last one failed', render('typer_run.py', { ...NOTHING, runs: [failed] })],
    ];
    const text = scenes.map(([title, scene]) => `── ${title}\n${scene}\n`).join('\n');
    await expect(text).toMatchFileSnapshot('golden/scriptLenses.txt');
  });

  it('carry the script, and say what Tune does', () => {
    const [start, tune] = scriptLensTexts('/w/a.py', [3], false, NOTHING, true);
    expect(start).toMatchObject({ command: 'tunesmith.script.run', args: ['/w/a.py'], line: 3 });
    expect(tune).toMatchObject({ command: 'tunesmith.script.tune', args: ['/w/a.py'] });
    expect(tune!.tooltip).toMatch(/^Write/);
    expect(scriptLensTexts('/w/a.py', [3], true, NOTHING, true)[1]!.tooltip).toMatch(/^Open/);
  });

  it('leave out files that nobody trains with', () => {
    for (const name of ['/w/test_a.py', '/w/a_test.py', 'setup.py', '/w/conftest.py', '/w/pkg/__init__.py'])
      expect(isOther(name), name).toBe(true);
    for (const name of ['/w/train.py', '/w/latest.py', '/w/contest.py', '/w/tests/train.py'])
      expect(isOther(name), name).toBe(false);
  });
});

it('finds the script of a configuration file', async () => {
  const of = async (name: string, workspace = samples) => {
    const script = await scriptOfConfig(path.join(samples, name), workspace, scripts);
    return script && path.relative(samples, script);
  };
  expect(await of('train.toml')).toBe('toml_config.py');
  expect(await of('settings.json')).toBe('json_config.py');
  expect(await of('hydra/configs/train.yaml', path.join(samples, 'hydra'))).toBe('hydra/src/train.py');
  expect(await of('hydra/configs/trainer/default.yaml', path.join(samples, 'hydra'))).toBe(null);
  expect(await of('missing.yaml')).toBe(null);
});
