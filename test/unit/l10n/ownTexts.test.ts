import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Calls whose text a person reads: refusals of the engine, errors and lines of the command line. */
const TELLING = new Set([
  ...['conflict', 'badRequest', 'refuse', 'RequestError', 'EngineError', 'GitError'],
  ...['CommandError', 'UsageError', 'say', 'print', 'complain'],
  // Errors of clusters and hosts and of `tunesmith auto`, and the findings of `tunesmith doctor`.
  ...['SshError', 'SubmitRefused', 'UnusableHost', 'AutoError', 'fine', 'note', 'problem'],
]);
/** Calls of the trainer whose text is stored on a run or shown by a command: each needs `said`. */
const TRAINING = new Set(['TrainingError', 'PlacedError', 'message', 'refuse', 'bad', 'verbatim', 'needClasses']);
/** Properties of commands that the help shows. */
const HELPING = new Set(['summary', 'details', 'help', 'title']);

/** Texts that programs and agents read, or that only a person who looks into the engine's protocol meets. */
const FOR_PROGRAMS = [
  /^src\/cli\/(mcp\/|askTell|commands\/(mcp|skill))/,
  /^src\/engine\/(agents\/acting|supervisor\/(main|ranks|spec)|clients\/link)/,
];
const SKIPPED_TEXTS = new Set([
  'Send initialize with the token first.',
  'The token is not the one in engine.json.',
  'The search has just ended.',
]);

describe.each(['src/engine', 'src/cli', 'src/automatic'])('%s', (folder) => {
  it('tells people nothing that can not be translated', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name).replaceAll('\\', '/'))
      .filter((file) => !FOR_PROGRAMS.some((pattern) => pattern.test(file)));
    expect(files.length).toBeGreaterThan(3);
    expect(files.flatMap((file) => untranslated(file))).toEqual([]);
  });
});

describe('src/training', () => {
  it('stores no message whose text can not be translated', () => {
    const files = readdirSync('src/training', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join('src/training', name).replaceAll('\\', '/'));
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => untranslated(file, TRAINING))).toEqual([]);
  });
});

function untranslated(file: string, telling: ReadonlySet<string> = TELLING): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const check = (node: ts.Expression): void => {
    for (const text of literalsOf(node)) {
      if (!hasWords(text) || SKIPPED_TEXTS.has(text)) continue;
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${text}`);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = node.expression.getText().split('.').at(-1)!;
      // The first argument of some is a code.
      if (telling.has(name)) node.arguments?.forEach(check);
    }
    if (ts.isPropertyAssignment(node) && HELPING.has(node.name.getText()) && file.startsWith('src/cli'))
      check(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Literal parts of an expression that becomes a text, without those in calls. */
function literalsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [
      [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' '),
      ...node.templateSpans.flatMap(({ expression }) => literalsOf(expression)),
    ];
  if (ts.isParenthesizedExpression(node)) return literalsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return [...literalsOf(node.left), ...literalsOf(node.right)];
  return [];
}

/** True for a text with two words in a row; names of options, keys and commands are none. */
const hasWords = (text: string): boolean =>
  /(^|[^-\w./`])[A-Za-z]{2,}[,:;.]? [a-z]{2,}/.test(text.replaceAll(/`[^`]*`|tunesmith [\w-]+/g, ''));
