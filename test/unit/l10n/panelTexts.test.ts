import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Texts that look like words and are none for people: names of the protocol, of keys, of CSS. */
const NO_WORDS = new Set(['metricFilter', 'runFilter', 'pedAnova', 'createdAt', 'endedAt', 'currentTarget', 'F1']);
const PROPERTIES = ['label', 'title', 'placeholder', 'hint', 'accept'];

describe('the panel', () => {
  it('has no text for people that can not be translated', () => {
    const found = files('webview/views', 'webview/components', 'webview/charts', 'webview/model').flatMap(untranslated);
    expect(found).toEqual([]);
  });
});

function files(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
}

/** Where a file says something in English outside `l10n.t`: text between tags, attributes that are read out, labels, sentences. */
function untranslated(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, text: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${file}:${line + 1} ${text.trim()}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || isTranslation(node) || isThrown(node)) return;
    if (ts.isTaggedTemplateExpression(node)) {
      for (const text of markupTexts(node.template)) report(node, text);
    } else if (ts.isStringLiteralLike(node) && !ts.isTaggedTemplateExpression(node.parent)) {
      const property = ts.isPropertyAssignment(node.parent) && node.parent.initializer === node;
      const labelled = property && PROPERTIES.includes(node.parent.name.getText());
      const { text } = node;
      if (NO_WORDS.has(text)) return;
      if ((labelled && /[a-z]{2}/.test(text)) || /^[A-Z][a-z]+ [a-z]/.test(text)) report(node, text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The English text that `l10n.t` looks up. */
function isTranslation(node: ts.Node): boolean {
  const call = node.parent as ts.Node | undefined;
  return (
    call !== undefined &&
    ts.isCallExpression(call) &&
    call.expression.getText() === 'l10n.t' &&
    call.arguments[0] === node
  );
}

/** Errors of the programmer, which no person reads in the panel. */
const isThrown = (node: ts.Node): boolean => ts.isThrowStatement(node);

/** English words of a template: between its tags, and in attributes that a person reads or hears. */
function markupTexts(template: ts.TemplateLiteral): string[] {
  const parts = ts.isNoSubstitutionTemplateLiteral(template)
    ? [template.text]
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
  const markup = parts.join('\u0000');
  const attributes = [...markup.matchAll(/(?:aria-label|title|placeholder)="([^"]*)"/g)].map(([, text]) => text!);
  const between = markup
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    // An attribute's value may hold anything, also a ">".
    .replaceAll(/<[^<>\u0000]*(?:\u0000[^<>]*)*>/g, '\n')
    .split(/[\n\u0000]/);
  return [...attributes, ...between].filter((text) => /[a-z]{2}/.test(text) && !NO_WORDS.has(text.trim()));
}
