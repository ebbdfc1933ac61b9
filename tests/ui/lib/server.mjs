// Serves ui/dist-test on a free loopback port under the policy of tauri.conf.json: what the window forbids is forbidden here.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { root } from './harness.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.json': 'application/json', '.ico': 'image/x-icon',
};

export function policy() {
  return JSON.parse(readFileSync(join(root, 'tauri.conf.json'), 'utf8')).app.security.csp;
}

/** Before the app: a fixed date, and a record of everything the policy refused. As a file, because the policy allows no inline script;
 * and not as an init script of the browser driver, because that would run in (and be refused by) the mail frames too. */
export const PRELUDE = `
  const fixed = Number(new URLSearchParams(location.search).get('now'));
  if (fixed) {
    const Real = Date;
    const start = performance.now();
    window.Date = class extends Real {
      constructor(...args) { if (args.length) super(...args); else super(fixed + Math.floor(performance.now() - start)); }
      static now() { return fixed + Math.floor(performance.now() - start); }
    };
  }
  window.__violations = [];
  document.addEventListener('securitypolicyviolation', (e) => window.__violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
`;

export async function serve() {
  const dist = join(root, 'ui', 'dist-test');
  // Read once: a build that runs beside the tests must not pull the files away under them.
  const files = new Map(readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => {
    const path = join(f.parentPath, f.name);
    return [`/${relative(dist, path).split(sep).join('/')}`, readFileSync(path)];
  }));
  const csp = policy();
  const server = createServer((req, res) => {
    const asked = decodeURIComponent(new URL(req.url ?? '/', 'http://x').pathname);
    const path = asked === '/' ? '/index.html' : asked;
    if (path === '/__prelude.js') {
      res.writeHead(200, { 'content-type': 'text/javascript' }).end(PRELUDE);
      return;
    }
    const file = files.get(path);
    if (!file) {
      res.writeHead(404).end();
      return;
    }
    res.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': csp, 'cache-control': 'no-store' });
    if (path === '/index.html') res.end(file.toString('utf8').replace('<head>', '<head><script src="/__prelude.js"></script>'));
    else res.end(file);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }),
  };
}
