// Node's tls as a peer; peer.h has the contract.
'use strict';
const fs = require('fs');
const tls = require('tls');

const [role, port, dir, ...rest] = process.argv.slice(2);
const words = Object.fromEntries(rest.map((w) => [w.slice(0, w.indexOf('=')), w.slice(w.indexOf('=') + 1)]));
const server = role === 'server';
const own = server ? 'server' : 'client';
const piece = 16384;

function die(what, err) {
  if (/no cipher match/i.test(`${err.message}`)) what = 'unsupported suite';
  console.log(`failed: ${what}: ${err.message || err}`);
  process.exit(1);
}

const modern = words.version === '1.3';
const options = {
  minVersion: `TLSv${words.version || '1.2'}`,
  maxVersion: `TLSv${words.version || '1.2'}`,
  ecdhCurve: words.group || 'auto',
  ciphers: words.openssl ? words.openssl + (modern ? '' : ':@SECLEVEL=0') : undefined,
  ca: fs.readFileSync(`${dir}/root.crt`),
  dhparam: 'auto',
  requestCert: words.auth === '1',
  rejectUnauthorized: !server || words.auth === '1',
  ALPNProtocols: words.alpn ? [words.alpn] : undefined,
};
if (server || words.auth === '1') {
  options.cert = fs.readFileSync(`${dir}/${own}.crt`);
  options.key = fs.readFileSync(`${dir}/${own}.key`);
}

function pattern(at) {
  const b = Buffer.alloc(piece);
  for (let i = 0; i < piece; i++) b[i] = (at + i) * 7 + ((at + i) >> 8);
  return b;
}

function converse(session, done) {
  const total = Number(words.bytes || 1 << 20);
  let at = 0;
  let have = [];
  let got = 0;
  let latest = null;
  const c = tls.connect({ ...options, port: Number(port), host: '127.0.0.1', servername: 'server.example', session });
  c.on('session', (s) => { latest = s; });
  c.on('error', (e) => die('connection', e));
  c.on('secureConnect', () => {
    if (session && !c.isSessionReused()) die('handshake', 'not resumed');
    c.write(pattern(0));
  });
  c.on('data', (d) => {
    have.push(d);
    got += d.length;
    if (got < piece) return;
    if (!Buffer.concat(have).equals(pattern(at))) die('data', 'not what was sent');
    have = [];
    got = 0;
    at += piece;
    if (at < total) c.write(pattern(at));
    else c.end();
  });
  c.on('end', () => {
    if (at < total) die('close', 'ended early');
    done(latest);
  });
}

process.on('uncaughtException', (e) => die('setup', e));
if (server) {
  const s = tls.createServer(options, (c) => {
    c.on('error', (e) => console.log(`connection ended: ${e.message}`));
    c.pipe(c);
  });
  s.on('tlsClientError', (e) => console.log(`connection ended: ${e.message}`));
  s.listen(Number(port), '127.0.0.1', () => console.log('ready'));
} else {
  converse(undefined, (session) => {
    const finish = () => {
      console.log(`ok resumed=${words.resume === '1' ? 1 : 0}`);
      process.exit(0);
    };
    if (words.resume === '1') converse(session, finish);
    else finish();
  });
}
