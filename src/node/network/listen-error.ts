/** What people are told when this device cannot listen for others. */
import { PeerstorError, sentenceOf } from '../../model/errors.ts';

/** libp2p's listen errors span several lines and name its own settings; the system's error code is enough. */
const listenHints: readonly [code: string, hint: string][] = [
  ['EADDRINUSE', 'another program uses it; stop that one, or give another port with --p2p-port'],
  ['EADDRNOTAVAIL', 'this device has no such address'],
  ['EACCES', 'the system does not allow it; give a port above 1023 with --p2p-port'],
];

export function cannotListen({ host, port }: { host: string; port: number }, cause: unknown): PeerstorError {
  const said = sentenceOf(cause);
  const why = listenHints.find(([code]) => said.includes(code))?.[1] ?? said.split('\n', 1)[0];
  const sentence = `This device cannot listen for others on ${host}, port ${port}: ${why}.`;
  return new PeerstorError('bad-input', sentence, { cause });
}
