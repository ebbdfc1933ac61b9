import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// `--mode test` (and the dev server) carries the mock and the bridge to a headless core; a release build does not: the constant
// is folded and both modules fall out of the bundle (scripts/budget.mjs checks that).
export default defineConfig(({ mode, command }) => ({
  base: './',
  plugins: [svelte()],
  define: { __TEST_BUILD__: JSON.stringify(mode === 'test' || command === 'serve') },
  // Tests mount components in a DOM: take Svelte's browser build.
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
  build: {
    target: ['chrome111', 'safari16.4'],
    modulePreload: { polyfill: false },
    // Fonts and images stay files: `data:` in font-src would weaken the content security policy.
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    reportCompressedSize: false,
    manifest: true,
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
}));
