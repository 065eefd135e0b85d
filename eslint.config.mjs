// The boundary rules of docs/architecture.md are enforced here: who may import what.
import path from 'node:path';
import tseslint from 'typescript-eslint';

/** Forbids imports, with the reason a reader needs. */
const forbid = (...rules) => ({
  'no-restricted-imports': [
    'error',
    { paths: rules.flatMap((rule) => rule.paths ?? []), patterns: rules.flatMap((rule) => rule.patterns ?? []) },
  ],
});
const noVscode = { paths: [{ name: 'vscode', message: 'Only src/editor and src/extension.ts know the editor.' }] };
const noNode = {
  patterns: [{ regex: '^node:', message: 'This folder is pure or runs in a browser: no Node modules.' }],
};
/** Rooms of src that each room may use beside itself. A room that is not named here may use them all. */
const MAY_USE = {
  protocol: [],
  output: [],
  format: ['protocol'],
  query: ['protocol', 'format'],
  drawing: ['protocol', 'format', 'query'],
  report: ['protocol', 'format', 'query', 'drawing', 'files', 'experiment'],
  files: ['protocol', 'format'],
  search: ['protocol', 'format'],
  store: ['protocol', 'files', 'format', 'query'],
  foreign: ['protocol', 'files', 'format'],
  experiment: ['protocol', 'format', 'search'],
  tools: ['protocol', 'format', 'files', 'search', 'experiment'],
  automatic: ['protocol', 'format', 'files', 'experiment', 'engine'],
  client: ['protocol', 'files', 'format'],
  training: ['protocol', 'files', 'client', 'experiment', 'format'],
};
/** The room of src in which a file lies, or null outside src. */
const roomOf = (file) =>
  /^src\/([^/]+)\//.exec(path.relative(import.meta.dirname, file).replaceAll('\\', '/'))?.[1] ?? null;
/** Checks relative imports by where they lead, however deep the file that has them. */
const walls = {
  meta: { type: 'problem', schema: [], messages: { wall: 'src/{{room}} may use only: {{allowed}}.' } },
  create(context) {
    const room = roomOf(context.filename);
    const allowed = MAY_USE[room];
    if (!allowed) return {};
    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = roomOf(path.resolve(path.dirname(context.filename), source.value));
      if (to !== room && !allowed.includes(to))
        context.report({ node: source, messageId: 'wall', data: { room, allowed: [room, ...allowed].join(', ') } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
/** Records whose keys people choose are read and written by src/protocol/values/records.ts: `__proto__` is a key like any other. */
const RECORDS = new Set(['params', 'metrics', 'info', 'space', 'spaces', 'fixed', 'given', 'changed', 'moved']);
const records = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      index: 'Use entryOf, hasEntry and setEntry of protocol/records: people choose the keys of "{{name}}".',
    },
  },
  create(context) {
    const nameOf = (node) =>
      node.type === 'Identifier'
        ? node.name
        : node.type === 'MemberExpression' && !node.computed
          ? node.property.name
          : null;
    const isName = (node) =>
      (node.type === 'Identifier' && /name|param|metric|key/i.test(node.name)) || nameOf(node) === 'name';
    const report = (node, name) => context.report({ node, messageId: 'index', data: { name } });
    return {
      MemberExpression(node) {
        const deleted = node.parent.type === 'UnaryExpression' && node.parent.operator === 'delete';
        if (node.computed && !deleted && RECORDS.has(nameOf(node.object)) && isName(node.property))
          report(node, nameOf(node.object));
      },
      BinaryExpression(node) {
        if (node.operator === 'in' && RECORDS.has(nameOf(node.right)) && isName(node.left))
          report(node, nameOf(node.right));
      },
    };
  },
};

/** A comment that begins with one of these is nearly always a fragment of a sentence (docs/style.md, Words). */
const FRAGMENT = /^[*\s]*(Of|To|So|What|Such|Whether|With what)\b(?! far\b)/;
const plain = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { fragment: 'A comment that begins with "{{word}}" is a fragment. Begin with the verb or the noun.' },
  },
  create(context) {
    const { sourceCode } = context;
    return {
      Program() {
        let lineBefore = -1;
        for (const comment of sourceCode.getAllComments()) {
          const alone = sourceCode.lines[comment.loc.start.line - 1].slice(0, comment.loc.start.column).trim() === '';
          const continues = comment.type === 'Line' && alone && comment.loc.start.line === lineBefore + 1;
          if (comment.type === 'Line' && alone) lineBefore = comment.loc.start.line;
          const word = continues ? null : FRAGMENT.exec(comment.value)?.[1];
          if (word) context.report({ loc: comment.loc, messageId: 'fragment', data: { word } });
        }
      },
    };
  },
};

const tunesmith = { rules: { walls, records, plain } };

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'out/**',
      'node_modules/**',
      '.cache/**',
      'test-results/**',
      'media/**',
      '**/.tunesmith/**',
      'examples/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-redeclare': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'off',
      'prefer-const': 'error',
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['{src,webview,bench,scripts}/**/*.{ts,mts,mjs}'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { tunesmith },
    rules: { 'tunesmith/plain': 'error' },
  },
  {
    // TypeScript finds these in its own files.
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        'process console URL URLSearchParams Buffer fetch setTimeout clearTimeout setInterval clearInterval setImmediate performance'
          .split(' ')
          .map((name) => [name, 'readonly']),
      ),
    },
    rules: { 'no-undef': 'error' },
  },
  { files: ['src/**/*.ts'], ignores: ['src/editor/**', 'src/extension.ts'], rules: forbid(noVscode) },
  { files: ['src/{protocol,format,drawing}/**/*.ts'], rules: forbid(noVscode, noNode) },
  {
    files: ['src/search/**/*.ts'],
    rules: {
      ...forbid(noVscode, noNode),
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Take a Random: the search is deterministic under its seed.' },
        { object: 'Date', property: 'now', message: 'The search knows no clock.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts'],
    ignores: ['webview/harness/**'],
    plugins: { tunesmith },
    rules: {
      'tunesmith/walls': 'error',
      'tunesmith/records': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='z'][callee.property.name='record']",
          message: 'Use record() of protocol/recordSchema: z.record drops the key __proto__.',
        },
      ],
    },
  },
  {
    files: ['webview/**/*.ts'],
    rules: forbid(noVscode, noNode, {
      patterns: [
        {
          regex: '^(\\.\\./)+src/(?!protocol/|format/|query/|drawing/|output/[a-z]+\\.)',
          message: 'The panel uses protocol/, format/, query/, drawing/ and the texts of output/ only.',
        },
      ],
    }),
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'document', 'window', 'localStorage'] },
    ignores: ['src/search/**'],
  },
);
