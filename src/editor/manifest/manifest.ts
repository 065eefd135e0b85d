/**
 * Builds the generated keys of package.json and the texts of package.nls.json from the declarations next to it. Every
 * text for people becomes a `%key%`, so that it can be translated.
 */
import { COMMANDS, LANGUAGE_OF, commandId, type CommandName } from './commands.js';
import {
  CONTAINER,
  EXTENSION,
  FILE_ENDINGS,
  LANGUAGE,
  MCP_PROVIDER,
  PANEL_TYPE,
  RENDERER,
  RENDERER_FILE,
  REPORT_EDITOR,
  SCHEMA_FILE,
  VIEW,
} from './ids.js';
import { SETTINGS } from './settings.js';
import { inputSchema, TOOLS } from '../../tools/index.js';
import { editorName } from '../tools/name.js';
import type { CommandSpec, SettingSpec } from './types.js';
import { TOUR, WELCOME } from './welcome.js';
import { NOTEBOOK_MIME } from '../../protocol/notebook.js';
import { setEntry } from '../../protocol/values/records.js';

export interface Manifest {
  /** Keys of package.json that are generated, whole. */
  package: Record<string, unknown>;
  nls: Record<string, string>;
}

/** Collects the texts while the manifest is built. */
class Texts {
  readonly all: Record<string, string> = {};
  add(key: string, text: string): string {
    setEntry(this.all, key, text);
    return `%${key}%`;
  }
}

export function buildManifest(): Manifest {
  const texts = new Texts();
  return {
    package: {
      icon: 'media/icon.png',
      galleryBanner: { color: '#10302b', theme: 'dark' },
      categories: ['Machine Learning', 'Data Science', 'Visualization'],
      keywords: ['experiment tracking', 'hyperparameter', 'tuning', 'training', 'metrics'],
      extensionKind: ['workspace'],
      activationEvents: [
        `onWebviewPanel:${PANEL_TYPE}`,
        'workspaceContains:.tunesmith/.gitignore',
        // For the lenses of plain scripts.
        'onLanguage:python',
        `onRenderer:${RENDERER}`,
      ],
      capabilities: {
        untrustedWorkspaces: {
          supported: 'limited',
          description: texts.add(
            'capabilities.untrusted',
            'Experiment files can be read and edited. Nothing is run and the engine is not started until the workspace is trusted.',
          ),
          restrictedConfigurations: [
            `${EXTENSION}.python.interpreter`,
            `${EXTENSION}.training.backend`,
            `${EXTENSION}.search.parallel`,
            `${EXTENSION}.engine.idleSeconds`,
          ],
        },
        virtualWorkspaces: {
          supported: false,
          description: texts.add(
            'capabilities.virtual',
            'Trainings are processes that need real files, so a folder on disk is required.',
          ),
        },
      },
      l10n: './l10n',
      contributes: {
        commands: commands(texts),
        menus: menus(),
        keybindings: keybindings(),
        configuration: {
          title: 'Tunesmith',
          properties: Object.fromEntries(
            Object.entries(SETTINGS).map(([name, spec]) => [`${EXTENSION}.${name}`, setting(texts, name, spec)]),
          ),
        },
        configurationDefaults: {
          [`[${LANGUAGE.yaml}]`]: {
            'editor.insertSpaces': true,
            'editor.tabSize': 2,
            'editor.autoIndent': 'advanced',
            'editor.quickSuggestions': { other: true, comments: false, strings: true },
          },
        },
        viewsContainers: { activitybar: [{ id: CONTAINER, title: 'Tunesmith', icon: 'media/tunesmith.svg' }] },
        views: {
          [CONTAINER]: [
            {
              id: VIEW.runs,
              name: texts.add('view.runs', 'Runs'),
              contextualTitle: 'Tunesmith',
              icon: 'media/tunesmith.svg',
            },
          ],
        },
        viewsWelcome: WELCOME.map(({ key, contents, ...place }) => ({
          ...place,
          contents: texts.add(`welcome.${key}`, contents),
        })),
        walkthroughs: [walkthrough(texts)],
        languages: languages(texts),
        grammars: [
          { language: LANGUAGE.yaml, scopeName: 'source.tunesmith-yaml', path: './media/language/yaml.grammar.json' },
          { language: LANGUAGE.json, scopeName: 'source.tunesmith-json', path: './media/language/json.grammar.json' },
        ],
        languageModelTools: tools(texts),
        notebookRenderer: [
          {
            id: RENDERER,
            displayName: texts.add('notebook.renderer', 'Tunesmith Run'),
            entrypoint: RENDERER_FILE,
            mimeTypes: [NOTEBOOK_MIME],
            requiresMessaging: 'optional',
          },
        ],
        customEditors: [
          {
            viewType: REPORT_EDITOR,
            displayName: texts.add('report.editor', 'Tunesmith Report'),
            selector: [{ filenamePattern: '*.report.md' }],
            // The text opens by itself; the preview is offered.
            priority: 'option',
          },
        ],
        mcpServerDefinitionProviders: [{ id: MCP_PROVIDER, label: 'Tunesmith' }],
        yamlValidation: [{ fileMatch: ['*.tune.yaml', '*.tune.yml'], url: SCHEMA_FILE }],
        jsonValidation: [{ fileMatch: ['*.tune.json'], url: SCHEMA_FILE }],
      },
    },
    nls: texts.all,
  };
}

const specs = () => Object.entries(COMMANDS) as [CommandName, CommandSpec][];

function commands(texts: Texts) {
  return specs().map(([name, spec]) => ({
    command: commandId(name),
    title: texts.add(`command.${name}`, spec.title),
    category: 'Tunesmith',
    ...(spec.icon && { icon: `$(${spec.icon})` }),
    ...(spec.enablement && { enablement: spec.enablement }),
  }));
}

function menus() {
  const all: Record<string, object[]> = {};
  for (const [name, spec] of specs()) {
    if (spec.palette !== undefined)
      (all['commandPalette'] ??= []).push({ command: commandId(name), when: spec.palette });
    for (const { menu, when, group } of spec.menus ?? [])
      (all[menu] ??= []).push({ command: commandId(name), when, group });
  }
  return all;
}

function keybindings() {
  return specs().flatMap(([name, { key }]) => (key ? [{ command: commandId(name), ...key }] : []));
}

function setting(texts: Texts, name: string, spec: SettingSpec) {
  const { description, enumDescriptions, ...rest } = spec;
  return {
    ...rest,
    markdownDescription: texts.add(`setting.${name}`, description),
    ...(enumDescriptions && {
      enumDescriptions: enumDescriptions.map((text, at) =>
        texts.add(`setting.${name}.${String(spec.enum?.[at])}`, text),
      ),
    }),
  };
}

function tools(texts: Texts) {
  return TOOLS.map((tool) => {
    const name = editorName(tool.name);
    return {
      name,
      displayName: texts.add(`tool.${name}`, tool.title),
      userDescription: texts.add(`tool.${name}.description`, tool.summary),
      modelDescription: tool.description,
      toolReferenceName: tool.name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      canBeReferencedInPrompt: true,
      icon: `$(${tool.icon})`,
      when: `isWorkspaceTrusted && !config.${EXTENSION}.agents.mcpServer`,
      inputSchema: inputSchema(tool),
    };
  });
}

function walkthrough(texts: Texts) {
  return {
    id: TOUR.id,
    title: texts.add('tour.title', TOUR.title),
    description: texts.add('tour.description', TOUR.description),
    steps: TOUR.steps.map((step) => ({
      id: step.id,
      title: texts.add(`tour.${step.id}.title`, step.title),
      description: texts.add(`tour.${step.id}.description`, step.description),
      media: { svg: step.media, altText: texts.add(`tour.${step.id}.alt`, step.alt) },
      completionEvents: step.completionEvents,
    })),
  };
}

function languages(texts: Texts) {
  const endings = (language: string) => FILE_ENDINGS.filter((ending) => LANGUAGE_OF[ending] === language);
  return Object.values(LANGUAGE).map((id) => ({
    id,
    aliases: [texts.add(`language.${id}`, `Tunesmith Experiment (${id === LANGUAGE.json ? 'JSON' : 'YAML'})`)],
    extensions: endings(id),
    configuration: `./media/language/${id === LANGUAGE.json ? 'json' : 'yaml'}.configuration.json`,
    icon: { light: './media/file-light.svg', dark: './media/file-dark.svg' },
  }));
}
