/** Bytes on the WebSocket of the events: a good handshake, then frames of any kind. */
import type { Aim } from './shot.ts';
import type { Spoiler } from './spoil.ts';

/** The handshake and what follows it, to be sent on a connection of its own. */
export function framesOf(spoiler: Spoiler, { session, host }: Aim): Buffer {
  const lines = {
    host,
    origin: spoiler.chance(0.9) ? `http://${host}` : spoiler.header(`http://${host}`),
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': spoiler.chance(0.95) ? '13' : spoiler.header('13'),
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': spoiler.chance(0.9)
      ? `peerstor, ${session['x-peerstor']}`
      : spoiler.header(`peerstor, ${session['x-peerstor']}`),
    cookie: session.cookie ?? '',
  };
  const since = spoiler.chance(0.3) ? `?${spoiler.address('since=5')}` : '';
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  const frames = Array.from({ length: 1 + spoiler.below(4) }, () => frame(spoiler));
  return Buffer.concat([
    Buffer.from(`GET /api/v1/events${since} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'),
    ...frames,
  ]);
}

/** Any opcode, reserved bits, mask or none, a length that is right, too large, or written the long way. */
function frame(spoiler: Spoiler): Buffer {
  const payload = Buffer.from(spoiler.text('{"topic":"entries"}'));
  const first = spoiler.chance(0.7) ? 0x80 | spoiler.pick([1, 2, 8, 9, 10]) : spoiler.below(256);
  const isMasked = spoiler.chance(0.8) ? 0x80 : 0;
  const mask = isMasked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0);
  const claimed = spoiler.chance(0.8) ? payload.length : spoiler.pick([0, 125, 70_000, 2 ** 31, 2 ** 52]);
  let head: Buffer;
  if (claimed < 126 && spoiler.chance(0.8)) head = Buffer.from([first, isMasked | claimed]);
  else if (claimed < 65_536 && spoiler.chance(0.8)) {
    head = Buffer.from([first, isMasked | 126, claimed >> 8, claimed & 0xff]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = isMasked | 127;
    head.writeBigUInt64BE(BigInt(claimed), 2);
  }
  return Buffer.concat([head, mask, payload]);
}
