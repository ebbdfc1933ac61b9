import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const tauri = { group: ['@tauri-apps/*'], message: 'Only src/ipc talks to Tauri: use call() and onEvent().' };
const bits = { group: ['bits-ui', 'bits-ui/*'], message: 'Only src/kit uses bits-ui: use the component of the kit.' };
const icons = { regex: '^@lucide/svelte$', message: 'Import an icon by its path, @lucide/svelte/icons/NAME: the barrel compiles them all.' };

export default ts.config(
  { ignores: ['dist', 'dist-test', 'node_modules', 'shots', 'src/ipc/bindings.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node, __TEST_BUILD__: 'readonly' } },
    rules: {
      'no-undef': 'off',
      'no-restricted-imports': ['error', { patterns: [tauri, bits, icons] }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400 }],
      eqeqeq: ['error', 'smart'],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
    rules: {
      // The hash router needs no resolver of links.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps and sets inside stores are deliberately plain: a version counter tells the view.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-at-html-tags': 'error',
    },
  },
  { files: ['src/ipc/**'], rules: { 'no-restricted-imports': ['error', { patterns: [bits, icons] }] } },
  { files: ['src/kit/**'], rules: { 'no-restricted-imports': ['error', { patterns: [tauri, icons] }] } },
);
