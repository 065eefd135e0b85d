import { describe, expect, it } from 'vitest';
import type { FileForm, FormField } from '../../../../src/protocol/panel/index.js';
import { Draft } from '../../../../webview/model/form/draft.js';
import { fieldText, parseField, suggestSpace } from '../../../../webview/model/form/fields.js';
import { parseSpace } from '../../../../webview/model/search/spaceText.js';

const field = (change: Partial<FormField>): FormField => ({ name: 'p', kind: 'number', value: 1, ...change });

describe('parseField', () => {
  it.each([
    ['1e-3', 0.001],
    [' 0.5 ', 0.5],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['+2', 2],
    ['1_000', 1000],
  ])('reads the number %s', (text, value) => expect(parseField(field({}), text)).toEqual({ value }));

  it.each(['', 'fast', '1e', '1,234,5', 'NaN', 'Infinity', '0.1.2', '1e999'])('refuses %j as a number', (text) =>
    expect(parseField(field({}), text)).toHaveProperty('error'),
  );

  it('enforces the bounds, which are allowed themselves', () => {
    const bounded = field({ min: 0, max: 0.9 });
    expect(parseField(bounded, '0')).toEqual({ value: 0 });
    expect(parseField(bounded, '0.9')).toEqual({ value: 0.9 });
    expect(parseField(bounded, '-0.01')).toEqual({ error: 'Must be at least 0.' });
    expect(parseField(bounded, '1')).toEqual({ error: 'Must be at most 0.9.' });
  });

  it('wants whole numbers of an integer', () => {
    const integer = field({ kind: 'integer' });
    expect(parseField(integer, '64')).toEqual({ value: 64 });
    expect(parseField(integer, '1e3')).toEqual({ value: 1000, float: true });
    expect(parseField(integer, '2.5')).toHaveProperty('error');
  });

  it('gives a choice its own type back', () => {
    const choice = field({ kind: 'choice', choices: [64, 'auto', null, true], value: 64 });
    for (const value of choice.choices!) expect(parseField(choice, fieldText(value))).toEqual({ value });
    expect(parseField(choice, '65')).toEqual({ error: 'Choose one of 64, auto, null, true.' });
  });

  it('keeps lists lists, null null and text as typed', () => {
    expect(parseField(field({ kind: 'text', value: [1, 2] }), '[64, 32]')).toEqual({ value: [64, 32] });
    expect(parseField(field({ kind: 'text', value: [1, 2] }), '64')).toHaveProperty('error');
    expect(parseField(field({ kind: 'text', value: null }), '')).toEqual({ value: null });
    expect(parseField(field({ kind: 'text', value: 'a' }), ' 1.0 ')).toEqual({ value: ' 1.0 ' });
  });
});

describe('parseSpace', () => {
  it.each([
    ['{ log: [1e-5, 1e-1] }', { log: [1e-5, 0.1] }],
    ["{choice: [adam, \"s gd\", 'it''s', true, null, ~]}", { choice: ['adam', 's gd', "it's", true, null, null] }],
    ['[64, 128]', [64, 128]],
    ['{ uniform: [0.8, 0.99], when: { optimizer: sgd } }', { uniform: [0.8, 0.99], when: { optimizer: 'sgd' } }],
    ['{ "a": "\\u00e9" }', { a: 'é' }],
    ['{ choice: [1, 2], } # why', { choice: [1, 2] }],
    ['0.5', 0.5],
  ])('reads %s', (text, value) => expect(parseSpace(text)).toEqual({ value }));

  it.each([
    '{ log: [1, 2 }',
    '{ log: [1, 2]',
    '{ log [1] }',
    '{ log: [1] } x',
    '[]',
    '{}',
    '',
    '"open',
    'a:\n  b',
    '{ : 1 }',
    '[,]',
  ])('refuses %j with words', (text) => {
    const result = parseSpace(text);
    expect('error' in result && result.error.length).toBeGreaterThan(5);
  });

  it('reads suggestions for any field', () => {
    const fields = [
      field({ value: 0.002 }),
      field({ value: 0.5, min: 0, max: 1 }),
      field({ value: 300 }),
      field({ kind: 'integer', value: 16 }),
      field({ kind: 'switch', value: true }),
      field({ kind: 'choice', value: 'a', choices: ['a', 'b'] }),
      field({ kind: 'text', value: 'a' }),
    ];
    for (const one of fields) expect(parseSpace(suggestSpace(one)), suggestSpace(one)).toHaveProperty('value');
  });

  it('suggests choices with every digit, and quotes texts that YAML would read as something else', () => {
    const choices = [0.123456789, 'adam', 'true', '1.0', 'a, b', null];
    expect(suggestSpace(field({ kind: 'choice', value: 'adam', choices }))).toBe(
      '{ choice: [0.123456789, adam, "true", "1.0", "a, b", null] }',
    );
    expect(parseSpace(suggestSpace(field({ kind: 'choice', value: 'adam', choices })))).toEqual({
      value: { choice: choices },
    });
  });
});

describe('Draft', () => {
  const form = (change: Partial<FileForm> = {}): FileForm => ({
    file: '/w/digits.tune.yaml',
    name: 'digits',
    fields: [
      field({ name: 'lr', value: 0.002, space: '{ log: [1e-4, 1e-1] }' }),
      field({ name: 'epochs', kind: 'integer', value: 3, min: 1 }),
    ],
    search: { trials: 8, sampler: 'random', pruner: null, parallel: 'auto' },
    objective: null,
    problems: [],
    ...change,
  });
  const [lr, epochs] = form().fields as [FormField, FormField];

  it('sends only edited fields', () => {
    const draft = new Draft(form());
    expect(draft.edited).toBe(false);
    draft.setText(lr, '0.01');
    expect(draft.changedParams()).toEqual({ lr: 0.01 });
    draft.setText(lr, '0.002');
    expect(draft.edited).toBe(false);
  });

  it('refuses before anything is sent', () => {
    const draft = new Draft(form());
    draft.setText(epochs, '0');
    expect(draft.paramsValid).toBe(false);
    expect(draft.changedParams()).toEqual({});
    draft.setSpace(lr, '{ log: [');
    expect(draft.spacesValid).toBe(false);
  });

  it('accepts the host’s answer only for the texts it was asked about', () => {
    const draft = new Draft(form());
    draft.setText(epochs, '99');
    const take = draft.asking();
    take({ params: { epochs: 'At most 12.' }, space: {} });
    expect(draft.paramError(epochs)).toBe('At most 12.');
    draft.setText(epochs, '12');
    expect(draft.paramError(epochs)).toBeNull();
  });

  it('gives the whole space once any of it is edited', () => {
    const draft = new Draft(form());
    expect(draft.wholeSpace()).toBeUndefined();
    draft.setSpace(epochs, '{ int: [1, 5] }');
    expect(draft.wholeSpace()?.space).toEqual({ lr: { log: [1e-4, 0.1] }, epochs: { int: [1, 5] } });
    draft.setSpace(lr, '');
    expect(draft.wholeSpace()?.space).toEqual({ epochs: { int: [1, 5] } });
    expect(draft.changedSpaces()).toEqual({ epochs: '{ int: [1, 5] }', lr: '' });
  });

  it('takes an edited value that is not searched along as a constant', () => {
    const draft = new Draft(form());
    draft.setText(epochs, '1');
    draft.setText(lr, '0.5');
    expect(draft.wholeSpace()?.space).toEqual({ lr: { log: [1e-4, 0.1] }, epochs: { constant: 1 } });
  });

  it('is restored with the typed values, except those that the file has by now', () => {
    const draft = new Draft(form());
    draft.setText(lr, '0.01');
    draft.setText(epochs, '5');
    draft.setTrials('20');
    const saved = JSON.parse(JSON.stringify(draft.edits()));
    const changed = form();
    changed.fields[1]!.value = 5;
    const back = new Draft(changed, saved);
    expect(back.changedParams()).toEqual({ lr: 0.01 });
    expect(back.trialCount).toBe(20);
    expect(new Draft(form({ file: '/w/other.tune.yaml' }), saved).edited).toBe(false);
  });

  it('gives way where the file has changed under it, as after Apply best', () => {
    const draft = new Draft(form());
    draft.setText(lr, '0.01');
    draft.setText(epochs, '7');
    const applied = form();
    applied.fields[1]!.value = 5;
    expect(new Draft(applied, draft.edits()).changedParams()).toEqual({ lr: 0.01 });
  });
});
