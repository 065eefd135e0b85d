/** Completion and hover in experiment files, from the same schema that checks them. */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import { markAt } from '../../protocol/values/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { helpTextsFor } from '../../files/translations.js';
import { l10n } from '../../format/l10n.js';
import { loadExperiments, SELECTOR, type Documents } from './documents.js';
import type { FileStates } from './fileStates.js';
import { scan, type Place } from './scan.js';
import { SchemaReader, type Property, type Schema } from './schema.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';

/** Knows the reader of experiment files, so it is loaded when first used. */
const loadPlaceholders = () => import('./placeholders.js');

export class LanguageHelp implements vscode.CompletionItemProvider, vscode.HoverProvider, Disposable {
  private readonly all = new Disposables();
  private reader: SchemaReader | undefined;

  constructor(
    private readonly states: FileStates,
    private readonly documents: Documents,
    private readonly distFolder: string,
  ) {
    this.all.add(vscode.languages.registerCompletionItemProvider(SELECTOR, this, ' ', '"', '{', '[', ','));
    this.all.add(vscode.languages.registerHoverProvider(SELECTOR, this));
  }

  dispose(): void {
    this.all.dispose();
  }

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position) {
    const text = document.getText();
    const offset = document.offsetAt(position);
    if (/(^|\s)#/.test(document.lineAt(position).text.slice(0, position.character))) return [];
    const named = (await loadPlaceholders()).typedPlaceholder(text.split('\n'), position.line, position.character);
    if (named) return this.placeholders(document, position, named);
    const { place, entries } = scan(text, offset);
    const reader = await this.schema();
    const typed = new vscode.Range(document.positionAt(Math.min(place.from, offset)), position);
    const json = document.uri.path.endsWith('.json');
    if (place.kind === 'value') return this.values(reader, place, typed, json);
    const present = new Set(
      scan(text)
        .entries.filter(({ path, from }) => same(path, place.path) && from !== place.from)
        .map(({ key }) => key),
    );
    const properties = reader.properties(place.path).filter(({ name }) => !present.has(name));
    const items = properties.map((property, at) => this.property(property, at, place, typed, json));
    if (same(place.path, ['search', 'space'])) {
      const params = entries.concat(scan(text).entries).filter(({ path }) => same(path, ['params']));
      const names = new Set(params.map(({ key }) => key).filter((name) => !present.has(name)));
      items.push(...[...names].map((name) => this.parameter(name, typed)));
    }
    // In a flow list or a plain value position a key makes no sense, and values may be wanted instead.
    return place.path.at(-1) === '-' ? [...items, ...this.values(reader, place, typed, json)] : items;
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const placed = await this.placeholderHover(document, position);
    if (placed) return placed;
    const offset = document.offsetAt(position);
    const entry = scan(document.getText()).entries.find(({ from, to }) => from <= offset && offset <= to);
    if (!entry) return undefined;
    const lines: string[] = [];
    const path = [...entry.path, entry.key];
    const parameter = same(entry.path, ['params']) || same(entry.path, ['search', 'space']) ? entry.key : undefined;
    const best = parameter === undefined ? undefined : (await this.states.of(document)).best;
    if (best && parameter !== undefined && hasEntry(best.params, parameter)) {
      const value = formatParam(entryOf(best.params, parameter)!, markAt(best.floats, parameter));
      lines.push(
        l10n.t(
          'Best of {0} runs: {1}, with {2} {3} ({4})',
          best.of,
          value,
          best.metric,
          formatNumber(best.objective),
          best.name,
        ),
      );
    }
    const description = (await this.schema()).description(path);
    if (description) lines.push(description);
    if (lines.length === 0) return undefined;
    const markdown = new vscode.MarkdownString();
    for (const line of lines) markdown.appendText(line).appendMarkdown('\n\n');
    return new vscode.Hover(markdown, new vscode.Range(document.positionAt(entry.from), document.positionAt(entry.to)));
  }

  /** Names that a command can use, for completion after a brace. */
  private async placeholders(
    document: vscode.TextDocument,
    position: vscode.Position,
    { from, section }: { from: number; section: string },
  ): Promise<vscode.CompletionItem[]> {
    const { entries } = scan(document.getText());
    const under = (key: string) => entries.filter(({ path }) => same(path, [key])).map((entry) => entry.key);
    const params = [
      ...under('params'),
      ...entries.filter(({ path }) => same(path, ['search', 'space'])).map(({ key }) => key),
    ];
    const { runPlaceholders } = await loadPlaceholders();
    const facts = section === 'network' ? [] : runPlaceholders(under('files'));
    const closed = document.lineAt(position).text[position.character] === '}';
    const item = (name: string, detail: string, kind: vscode.CompletionItemKind) => {
      const made = new vscode.CompletionItem(name, kind);
      made.detail = detail;
      made.range = new vscode.Range(position.line, from, position.line, position.character);
      made.insertText = closed ? name : `${name}}`;
      return made;
    };
    return [
      ...[...new Set(params)].map((name) => item(name, l10n.t('parameter'), vscode.CompletionItemKind.Variable)),
      ...facts.map(({ name, detail }) => item(name, detail, vscode.CompletionItemKind.Constant)),
    ];
  }

  private async placeholderHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const lines = document.getText().split('\n');
    const { placeholderAt, runPlaceholders } = await loadPlaceholders();
    const placed = placeholderAt(lines, position.line, position.character);
    if (!placed) return undefined;
    const { name, from, to } = placed;
    const { parsed } = await this.documents.read(document);
    const files = scan(document.getText()).entries.filter(({ path }) => same(path, ['files']));
    const params = parsed.experiment?.params;
    const text =
      params && hasEntry(params, name)
        ? l10n.t(
            'Parameter, in the file {0}',
            formatParam(entryOf(params, name)!, markAt(parsed.experiment?.floats, name)),
          )
        : runPlaceholders(files.map(({ key }) => key)).find((each) => each.name === name)?.detail;
    if (text === undefined) return undefined;
    return new vscode.Hover(text, new vscode.Range(position.line, from, position.line, to));
  }

  private async schema(): Promise<SchemaReader> {
    if (!this.reader) {
      const texts = helpTextsFor(vscode.env.language, this.distFolder);
      const told = (description: string): string => entryOf(texts, description) ?? description;
      this.reader = new SchemaReader((await loadExperiments()).jsonSchema() as Schema, told);
    }
    return this.reader;
  }

  private values(reader: SchemaReader, place: Place, typed: vscode.Range, json: boolean): vscode.CompletionItem[] {
    return reader.values(place.path).map(({ text, description }, at) => {
      const item = new vscode.CompletionItem(text, vscode.CompletionItemKind.EnumMember);
      item.documentation = description;
      item.range = typed;
      item.sortText = String(at).padStart(4, '0');
      const bare = !json || /^(true|false|null|-?\d.*)$/.test(text);
      item.insertText = bare ? text : JSON.stringify(text);
      item.filterText = item.insertText;
      return item;
    });
  }

  private property(property: Property, at: number, place: Place, typed: vscode.Range, json: boolean) {
    const item = new vscode.CompletionItem(property.name, vscode.CompletionItemKind.Property);
    item.documentation = property.description;
    item.range = typed;
    item.sortText = `${property.required ? '0' : '1'}${String(at).padStart(4, '0')}`;
    item.insertText = insertion(property, place.flow, json);
    if (json) item.filterText = JSON.stringify(property.name);
    if (property.value === 'scalar')
      item.command = { command: 'editor.action.triggerSuggest', title: l10n.t('Suggest values') };
    return item;
  }

  private parameter(name: string, typed: vscode.Range): vscode.CompletionItem {
    const item = new vscode.CompletionItem(name, vscode.CompletionItemKind.Variable);
    item.detail = l10n.t('parameter');
    item.range = typed;
    item.insertText = new vscode.SnippetString()
      .appendText(`${name}: { `)
      .appendChoice(['log', 'uniform', 'choice'])
      .appendText(': [')
      .appendTabstop()
      .appendText('] }');
    item.sortText = `0${name}`;
    return item;
  }
}

function insertion({ name, value }: Property, flow: boolean, json: boolean): vscode.SnippetString {
  const snippet = new vscode.SnippetString();
  const key = json ? JSON.stringify(name) : name;
  if (value === 'scalar') return snippet.appendText(`${key}: `);
  if (json || flow) {
    const [open, close] = value === 'mapping' ? ['{ ', ' }'] : ['[', ']'];
    return snippet.appendText(`${key}: ${open}`).appendTabstop().appendText(close);
  }
  return snippet.appendText(value === 'list' ? `${key}:\n  - ` : `${key}:\n  `);
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((key, at) => key === b[at]);
