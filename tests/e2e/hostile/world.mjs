// Inside a network namespace where every address is this machine: servers that write down who was called.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer as httpServer } from 'node:http';
import { createServer } from 'node:net';

/** Web and mail and file ports that a page could reach; 80 answers as a web server does, the others hang up. */
const PORTS = [21, 22, 25, 443, 445, 465, 587, 853, 3128, 8000, 8080, 8443];

/** Name in the question of a DNS message. */
function asked(message) {
  const labels = [];
  for (let at = 12; at < message.length && message[at] > 0; at += message[at] + 1) labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
  return labels.join('.');
}

/** An answer: 203.0.113.66 for an address (type A), nothing for anything else. */
function answer(message) {
  const end = message.indexOf(0, 12) + 5;
  const isAddress = message.readUInt16BE(end - 4) === 1;
  const head = Buffer.from(message.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isAddress ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 203, 0, 113, 66]);
  return Buffer.concat([head, message.subarray(12, end), ...(isAddress ? [record] : [])]);
}

/** What the kernel of this namespace has counted since it was made: calls out to any port of any address, heard by somebody or not. */
export function sent() {
  const rows = {};
  const lines = readFileSync('/proc/net/snmp', 'utf8').trim().split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [kind, ...names] = lines[i].split(' ');
    const values = lines[i + 1].split(' ').slice(1);
    names.forEach((name, n) => { rows[`${kind}${name}`] = Number(values[n]); });
  }
  const six = Object.fromEntries(readFileSync('/proc/net/snmp6', 'utf8').trim().split('\n').map((line) => line.split(/\s+/)).map(([name, n]) => [name, Number(n)]));
  return { calls: rows['Tcp:ActiveOpens'], datagrams: rows['Udp:OutDatagrams'] + (six.Udp6OutDatagrams ?? 0) };
}

/** Starts them all; every call is a line in `hits`. `port`: a free one for addresses on this machine. */
export async function listen(hits) {
  const web = () => httpServer((req, res) => {
    // A picture is fetched without anything that tells who fetches.
    const told = ['cookie', 'referer', 'authorization', 'origin'].filter((name) => req.headers[name]).map((name) => ` with ${name}`).join('');
    hits.push(`${req.method} http://${req.headers.host}${req.url}${told}`);
    res.writeHead(200, { 'content-type': 'text/plain', 'access-control-allow-origin': '*' }).end('x');
  });
  const start = (server, port) => new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '::', () => resolve(server));
  });
  const canary = await start(web(), 0);
  const servers = [canary, await start(web(), 80)];
  for (const port of PORTS) {
    servers.push(await start(createServer((socket) => {
      hits.push(`port ${port} of ${socket.localAddress}`);
      socket.on('error', () => undefined);
      socket.destroy();
    }), port));
  }
  const names = createSocket('udp4');
  names.on('message', (message, from) => {
    hits.push(`name ${asked(message)}`);
    names.send(answer(message), from.port, from.address);
  });
  await new Promise((resolve) => names.bind(53, '0.0.0.0', resolve));
  return {
    port: canary.address().port,
    close() {
      names.close();
      for (const server of servers) {
        server.closeAllConnections?.();
        server.close();
      }
    },
  };
}
