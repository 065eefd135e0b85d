import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/editor/commands/commandLine.js';
import { readValue } from '../../../src/editor/commands/asking/readValue.js';
import { paramsText, readValues, valuesText } from '../../../src/editor/commands/asking/typedValues.js';
import { Debounce, Disposables } from '../../../src/editor/events.js';
import { escapeMarkdown, formatParams, shorten } from '../../../src/editor/format.js';
import { panelHtml } from '../../../src/editor/panel/html.js';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import { run } from './samples.js';

const detail = (over: Partial<RunDetail>): RunDetail => ({
  ...run(),
  host: 'h',
  git: null,
  command: ['python', 'a b.py', "it's"],
  cwd: '/w',
  folder: '/w/.tunesmith/runs/r1',
  seed: 7,
  exitCode: 0,
  signal: null,
  messages: [],
  ...over,
});

describe('words', () => {
  it('several values in a line', () => {
    const params = { lr: 3e-5, act: 'it is: "odd", {really}', layers: [64, 32], 'optimizer.name': 'adam', on: true };
    expect(readValues(valuesText({ params }))).toEqual({ params });
    expect(readValues('lr: 0.003, optimizer: adam')).toEqual({ params: { lr: 0.003, optimizer: 'adam' } });
    for (const text of ['', 'lr', 'lr: ', 'lr: {a: 1}', '} x: 1', 'lr: 1, lr: 2']) {
      expect(readValues(text), text).toEqual({ problem: expect.any(String) as string });
    }
  });

  it('parameters and long texts', () => {
    expect(formatParams({ lr: 0.1, opt: 'adam', flags: [true, null] }, 2)).toBe('lr 0.1 · opt adam · +1');
    expect(shorten('👍👍👍', 2)).toBe('👍…');
    expect(escapeMarkdown('a|b\n<i>')).toBe('a\\|b &lt;i&gt;');
  });

  it('a run as a command, quoted for its shell', () => {
    const params = { lr: 0.1, name: "it's", text: '12', list: [1, 'a'], on: true };
    expect(commandLine(detail({ file: '/w/my exp/é.tune.yaml', params }), '/w', 'linux')).toBe(
      `tunesmith run 'my exp/é.tune.yaml' --set lr=0.1 --set 'name=it'\\''s' --set 'text="12"' --set 'list=[1,"a"]' --set on=true --seed 7`,
    );
    expect(commandLine(detail({ file: null }), '/w', 'linux')).toBe(`python 'a b.py' 'it'\\''s'`);
    expect(commandLine(detail({ file: 'C:\\w\\a b.tune.yaml', params: { t: 'x "y"' } }), 'C:\\w', 'win32')).toBe(
      `tunesmith run "a b.tune.yaml" --set "t=x \\"y\\"" --seed 7`,
    );
  });

  it('typed text becomes a value', () => {
    expect(readValue('1e-3', 'number')).toEqual({ value: 0.001 });
    expect(readValue('x', 'number').problem).toBeTruthy();
    expect(readValue('1.5', 'integer').problem).toBeTruthy();
    expect(readValue('[1, 2]', 'text')).toEqual({ value: [1, 2] });
    expect(readValue('[1, 2', 'text')).toEqual({ value: '[1, 2' });
    expect(readValue(' adam ', 'text')).toEqual({ value: 'adam' });
  });

  it('floats stay floats, as they are typed, copied and tried', () => {
    expect(readValue('1.0', 'number')).toEqual({ value: 1, floats: true });
    expect(readValue('1e3', 'number')).toEqual({ value: 1000, floats: true });
    expect(readValue('1', 'number')).toEqual({ value: 1 });
    expect(readValue('[1.0, 2]', 'text')).toEqual({ value: [1, 2], floats: [true, null] });
    const typed = {
      params: { clip: 1, n: 1, list: [0, 1] },
      floats: { clip: true as const, list: [true as const, null] },
    };
    expect(valuesText(typed)).toBe('clip: 1.0, n: 1, list: [0.0, 1]');
    expect(paramsText(typed)).toBe('clip: 1.0\nn: 1\nlist: [0.0, 1]\n');
  });
});

describe('the page of the panel', () => {
  const html = panelHtml({ script: 'a"b.js', iconStyles: 'i.css', cspSource: 'https://x', nonce: 'N', language: 'de' });

  it('allows nothing but its own', () => {
    const policy = /content="(default-src[^"]+)"/.exec(html)![1]!;
    expect(policy).toMatch(/^default-src 'none'/);
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toMatch(/(?<!\w)\*(?!\w)/);
    expect(policy).toContain("script-src 'nonce-N'");
    expect(html).toContain('src="a&quot;b.js"');
    expect(html).not.toMatch(/<script(?![^>]*nonce="N")/);
  });

  it('carries the translations as text, whatever is in them', () => {
    const translations = { Run: '运行', '"><script>': '</body>&"' };
    const page = panelHtml({
      script: 's.js',
      iconStyles: 'i.css',
      cspSource: 'x',
      nonce: 'N',
      language: 'zh',
      translations,
    });
    const attribute = /<body data-translations="([^"]*)">/.exec(page)![1]!;
    const text = attribute.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    expect(JSON.parse(text)).toEqual(translations);
    expect(page.match(/<script/g)).toHaveLength(1);
  });
});

describe('small things', () => {
  it('late additions to a disposed list are disposed at once', () => {
    const log: string[] = [];
    const all = new Disposables();
    all.add({ dispose: () => log.push('a') });
    all.add({ dispose: () => log.push('b') });
    all.dispose();
    all.add({ dispose: () => log.push('late') });
    expect(log).toEqual(['b', 'a', 'late']);
  });

  it('work is not put off forever', async () => {
    let count = 0;
    const work = new Debounce(() => count++, 20, 60);
    const end = Date.now() + 200;
    while (Date.now() < end) {
      work.schedule();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(count).toBeGreaterThanOrEqual(2);
    expect(count).toBeLessThanOrEqual(5);
    work.dispose();
  });
});
