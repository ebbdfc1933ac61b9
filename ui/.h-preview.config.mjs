import base from './vite.config.ts';
import { existsSync } from 'node:fs';
import { resolve, dirname } from 'node:path';
export default (env) => { const c = base(env); c.plugins.unshift({ name: 'stub', enforce: 'pre', resolveId(s, imp) { if (s.startsWith('.') && s.endsWith('.svelte') && imp && !existsSync(resolve(dirname(imp.split('?')[0]), s)) && !existsSync(resolve(dirname(imp.split('?')[0]), s) + '.ts')) return '\0stub'; }, load(id) { if (id === '\0stub') return 'export default function(){}'; } }); return c; };
