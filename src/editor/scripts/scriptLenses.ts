/** Lenses in plain scripts, and in the configuration files that they read: nothing of ours is needed in the folder. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../events.js';
import type { Engines } from '../link/engines.js';
import { isExperimentDocument } from '../language/documents.js';
import type { FileStates } from '../language/fileStates.js';
import type { Places } from '../places.js';
import { affects, setting } from '../settings.js';
import { scriptOfConfig } from './configScripts.js';
import { isOther, lensLines, scriptLensTexts } from './scriptLensTexts.js';

/** Reads scripts; heavy, so loaded when first used. */
export const loadScripts = () => import('../../experiment/script/index.js');

const SELECTOR: vscode.DocumentSelector = [
  { scheme: 'file', language: 'python' },
  { scheme: 'file', pattern: '**/*.{yaml,yml,json,toml}' },
];
const NO_FOLDER = { read: () => null, list: () => null };
/** Milliseconds for which the script of a configuration file is remembered. */
const FRESH_MS = 10_000;

interface Place {
  script: string;
  lines: number[];
}

export class ScriptLenses implements vscode.CodeLensProvider, Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly read = new WeakMap<vscode.TextDocument, { version: number; lines: number[] }>();
  private readonly scripts = new Map<string, { at: number; script: Promise<string | null> }>();

  constructor(
    private readonly engines: Engines,
    private readonly states: FileStates,
    private readonly places: Places,
  ) {
    this.all.add(places.onChange(() => this.changed.fire()));
    this.all.add(vscode.languages.registerCodeLensProvider(SELECTOR, this));
    this.all.add(states.onChange(() => this.changed.fire()));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()));
    this.all.add(vscode.workspace.onDidSaveTextDocument(() => this.scripts.clear()));
    this.all.add(
      vscode.workspace.onDidChangeConfiguration((event) => affects(event, 'lenses.scripts') && this.changed.fire()),
    );
  }

  dispose(): void {
    this.all.dispose();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!setting('lenses.scripts', document) || !this.engines.of(document.uri.fsPath)) return [];
    const place = await this.placeOf(document);
    if (!place || place.lines.length === 0) return [];
    const { tuneFileOf } = await loadScripts();
    const state = await this.states.ofScript(place.script);
    const hasFile = existsSync(tuneFileOf(place.script));
    const where = await this.places.shown(place.script, null);
    const texts = scriptLensTexts(place.script, place.lines, hasFile, state, vscode.workspace.isTrusted, where);
    return texts.map(({ line, title, tooltip, command, args }) => {
      const at = new vscode.Range(line, 0, line, 0);
      return new vscode.CodeLens(at, { title, command, arguments: args, ...(tooltip && { tooltip }) });
    });
  }

  private async placeOf(document: vscode.TextDocument): Promise<Place | null> {
    const file = document.uri.fsPath;
    if (document.languageId === 'python')
      return isOther(file) ? null : { script: file, lines: await this.linesOf(document) };
    if (isExperimentDocument(document) || document.lineCount > 20_000) return null;
    const script = await this.scriptOf(file);
    return script === null ? null : { script, lines: [0] };
  }

  private async linesOf(document: vscode.TextDocument): Promise<number[]> {
    const known = this.read.get(document);
    if (known?.version === document.version) return known.lines;
    const { findScript } = await loadScripts();
    // The lines don't depend on the files next to the script.
    const found = findScript(document.getText(), document.uri.fsPath, { script: NO_FOLDER, start: NO_FOLDER });
    const lines = lensLines(found);
    this.read.set(document, { version: document.version, lines });
    return lines;
  }

  private scriptOf(file: string): Promise<string | null> {
    const known = this.scripts.get(file);
    if (known && Date.now() - known.at < FRESH_MS) return known.script;
    const folder = this.engines.of(file)!.path;
    const script = loadScripts().then((scripts) => scriptOfConfig(path.normalize(file), folder, scripts));
    if (this.scripts.size > 200) this.scripts.clear();
    this.scripts.set(file, { at: Date.now(), script });
    return script;
  }
}
