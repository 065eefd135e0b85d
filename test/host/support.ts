/** Helpers shared by the host tests. */
import * as assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { TunesmithApi } from '../../src/extension.js';

export const EXTENSION_ID = 'tunesmith.tunesmith';

export function workspaceFolder(): vscode.WorkspaceFolder {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'the tests need an open folder');
  return folder;
}

export async function api(): Promise<TunesmithApi> {
  const extension = vscode.extensions.getExtension<TunesmithApi>(EXTENSION_ID);
  assert.ok(extension, 'the extension is installed');
  return extension.activate();
}

/** Writes a file into the workspace and gives its path. */
export function write(name: string, text: string): string {
  const file = path.join(workspaceFolder().uri.fsPath, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

export async function open(file: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}

/** Waits until `look` gives something; fails with what it last gave or threw. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeout = 20_000,
): Promise<Exclude<T, false | null | undefined | '' | 0>> {
  const end = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found as Exclude<T, false | null | undefined | '' | 0>;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) assert.fail(`${what} did not happen within ${timeout / 1000} s; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function lensesOf(file: string): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    vscode.Uri.file(file),
    100,
  );
  return lenses
    .toSorted((a, b) => a.range.start.line - b.range.start.line)
    .map((lens) => `${lens.range.start.line}: ${lens.command?.title}`);
}

/** The explorer as text: one line a row, indented by depth. */
export async function explorerText({ explorer }: TunesmithApi): Promise<string> {
  const lines: string[] = [];
  const visit = async (parent: Parameters<typeof explorer.getChildren>[0], depth: number): Promise<void> => {
    for (const node of await explorer.getChildren(parent)) {
      const item = explorer.getTreeItem(node);
      lines.push(`${'  '.repeat(depth)}${String(item.label)} | ${String(item.description)} | ${item.contextValue}`);
      await visit(node, depth + 1);
    }
  };
  await visit(undefined, 0);
  return lines.join('\n');
}

/** A program that needs nothing: appends JSON lines to its journal, as any language can. */
export const TRAINER = `
import { appendFileSync } from 'node:fs';
const lr = Number(process.argv[2]);
const steps = Number(process.argv[3] ?? 5);
const pause = Number(process.argv[4] ?? 10);
console.log('\\u001b[32mtraining\\u001b[0m with lr', lr);
for (let step = 0; step < steps; step++) {
  const values = { loss: Math.abs(Math.log10(lr) + 2) + 1 / (step + 1), 'val/accuracy': 1 - Math.abs(Math.log10(lr) + 2) / 5 };
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values }) + '\\n');
  await new Promise((resolve) => setTimeout(resolve, pause));
}
console.log('done');
`;

export const experimentFile = (name: string, options: { steps?: number; pause?: number; trials?: number } = {}) => `\
# What this is: a comment that must stay.
name: ${name}
run: node train.mjs {lr} ${options.steps ?? 5} ${options.pause ?? 10}

params:
  lr: 0.1 # learning rate

objective: { metric: val/accuracy, goal: maximize }

search:
  sampler: grid
  trials: ${options.trials ?? 3} # few
  space:
    lr: { choice: [0.1, 0.01, 0.001] }
`;
