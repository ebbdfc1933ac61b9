// The interface's packages, as deny.toml judges the crates: licences on a list, every archive pinned by its hash, no install scripts.
// All of package-lock.json counts, tools included: `npm ci` brings them onto the machine that builds.
import { readFileSync } from 'node:fs';

const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MPL-2.0']);
/** Package → licence, and why it is not on the list or in the lock file. */
const EXCEPTIONS = {
  '@fontsource-variable/inter': ['OFL-1.1', 'a font: shipped unchanged, under its own name'],
  'svelte-toolbelt': [undefined, 'its package.json names none; the LICENSE file in it is MIT'],
};

/** Any side of an OR will do, all of an AND must. Brackets only around the whole, which is all that occurs. */
const allowed = (expression) => expression.replace(/^\((.*)\)$/, '$1').split(' OR ').some((side) => side.split(' AND ').every((id) => ALLOWED.has(id)));

export function judge(lock, exceptions = EXCEPTIONS) {
  const bad = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = path.split('node_modules/').at(-1);
    const known = exceptions[name];
    if (known ? known[0] !== entry.license : typeof entry.license !== 'string' || !allowed(entry.license)) bad.push(`${name}: licence ${entry.license}`);
    if (!entry.integrity) bad.push(`${name}: not pinned by a hash`);
    // A tool's optional part for another system is never unpacked here, so its script never runs.
    if (entry.hasInstallScript && !entry.optional) bad.push(`${name}: runs a script when it is installed`);
    if (entry.resolved && !entry.resolved.startsWith('https://')) bad.push(`${name}: does not come from a registry`);
  }
  return bad;
}

// A judge that finds nothing anywhere is not one.
const control = judge({ packages: { '': {}, 'node_modules/a': { license: 'MIT', integrity: 'x' }, 'node_modules/b': { license: 'GPL-3.0-only OR AGPL-3.0-only', integrity: 'x' }, 'node_modules/c': { license: 'MIT' }, 'node_modules/d': { integrity: 'x', hasInstallScript: true } } });
if (control.length !== 4) throw new Error(`the check itself is broken: ${control.join('; ')}`);

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const bad = judge(lock);
console.log(`${Object.keys(lock.packages).length - 1} packages of the interface: ${bad.length === 0 ? 'licences, hashes and install scripts as allowed' : 'not as allowed'}`);
for (const line of bad) console.log(`  ${line}`);
process.exit(bad.length > 0 ? 1 : 0);
