// The boundary rules of docs/architecture.md are enforced here: who may import what.
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
/** Folders within src/search, which may use each other. */
const SEARCH = [
  ...['cma', 'constraints', 'curves', 'evolution', 'gp', 'insight', 'pruners', 'recommend', 'samplers', 'saved'],
  ...['schedulers', 'stages', 'study', 'transfer', 'warmStart', 'widen'],
];
const only = (folder, ...allowed) => ({
  patterns: [
    {
      regex: `^(\\.\\./)+(?!(${allowed.join('|')})/)[a-z]+/`,
      message: `${folder} may use only: ${allowed.join(', ')}.`,
    },
  ],
});

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
  { files: ['src/protocol/**/*.ts'], rules: forbid(noVscode, noNode, only('src/protocol', 'protocol')) },
  {
    files: ['src/search/**/*.ts'],
    rules: {
      ...forbid(noVscode, noNode, only('src/search', 'protocol', ...SEARCH)),
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Take a Random: the search is deterministic under its seed.' },
        { object: 'Date', property: 'now', message: 'The search knows no clock.' },
      ],
    },
  },
  { files: ['src/store/**/*.ts'], rules: forbid(noVscode, only('src/store', 'protocol', 'series', 'runs', 'journal')) },
  { files: ['src/experiment/**/*.ts'], rules: forbid(noVscode, only('src/experiment', 'protocol', 'search')) },
  { files: ['src/client/**/*.ts'], rules: forbid(noVscode, only('src/client', 'protocol')) },
  {
    files: ['src/training/**/*.ts'],
    rules: forbid(
      noVscode,
      only(
        'src/training',
        'protocol',
        'client',
        'experiment',
        'files',
        'data',
        'layers',
        'losses',
        'optimizers',
        'schedules',
        'augment',
        'backends',
      ),
    ),
  },
  {
    files: ['webview/**/*.ts'],
    rules: forbid(noVscode, noNode, {
      patterns: [{ regex: '^(\\.\\./)+src/(?!protocol/)', message: 'The panel talks protocol/ only.' }],
    }),
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'document', 'window', 'localStorage'] },
    ignores: ['src/search/**'],
  },
);
