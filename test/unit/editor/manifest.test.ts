import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS, commandId, type CommandName } from '../../../src/editor/manifest/commands.js';
import { buildManifest } from '../../../src/editor/manifest/manifest.js';
import { PANEL_COMMANDS } from '../../../src/protocol/panel/index.js';

const root = new URL('../../../', import.meta.url);
const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Record<string, unknown>;
const manifest = buildManifest();
const contributes = manifest.package.contributes as {
  commands: { command: string; icon?: string }[];
  menus: Record<string, { command: string; when: string }[]>;
};
const ids = (Object.keys(COMMANDS) as CommandName[]).map(commandId);

describe('manifest', () => {
  it('is what package.json holds', () => {
    expect(readJson('package.json')).toMatchObject(manifest.package);
    expect(readJson('package.nls.json')).toEqual(manifest.nls);
  });

  it('has a text for every key and a key for every text', () => {
    const used = [...JSON.stringify(manifest.package).matchAll(/%([^%"\s]+)%/g)].map(([, key]) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(manifest.nls).sort());
  });

  it('declares every command that menus and welcome views name', () => {
    for (const entry of Object.values(contributes.menus).flat()) expect(ids).toContain(entry.command);
    for (const [, id] of JSON.stringify(manifest.nls).matchAll(/command:(tunesmith\.[\w.]+)/g))
      expect(ids).toContain(id);
    // Commands of the editor itself are not ours to declare.
    const ours = PANEL_COMMANDS.filter((id) => !id.startsWith('workbench.'));
    for (const id of ours) expect(ids).toContain(id);
  });

  it('uses icons that exist', () => {
    const styles = readFileSync(new URL('node_modules/@vscode/codicons/dist/codicon.css', root), 'utf8');
    const named = contributes.commands.flatMap(({ icon }) => /\$\((.+)\)/.exec(icon ?? '')?.[1] ?? []);
    for (const icon of named) expect(styles, icon).toContain(`.codicon-${icon}:before`);
  });

  it('activates only when asked for', () => {
    const events = manifest.package.activationEvents as string[];
    expect(events).not.toContain('*');
    expect(events).not.toContain('onStartupFinished');
    expect(events.filter((event) => /^onLanguage:(yaml|json)$/.test(event))).toEqual([]);
  });

  it('has files for everything it names', () => {
    for (const [, path] of JSON.stringify(manifest.package).matchAll(/"(?:\.\/)?(media\/[^"]+)"/g))
      expect(readFileSync(new URL(path!, root)).length, path).toBeGreaterThan(0);
  });

  it('matches rows by their states', () => {
    const when = (id: string) => contributes.menus['view/item/context']!.find(({ command }) => command === id)!.when;
    const matches = (id: string, context: string) => {
      const pattern = /viewItem =~ \/(.*)\//.exec(when(id))![1]!;
      return new RegExp(pattern).test(context);
    };
    expect(matches('tunesmith.run.stop', 'run running live stoppable')).toBe(true);
    expect(matches('tunesmith.run.stop', 'run completed ended')).toBe(false);
    expect(matches('tunesmith.search.resume', 'search stopped ended resumable hasBest')).toBe(true);
    expect(matches('tunesmith.run.delete', 'search completed ended')).toBe(false);
  });
});
