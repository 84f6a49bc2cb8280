/** Calls between members about how far their logs reach. */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';

const method = 'membership/reaches';
const answerTimeoutMs = 5000;

/** Registers the handler; call it before the transport starts. */
export function answerReaches(transport: Transport, catalog: CatalogReader): void {
  transport.handle(method, async (_from, body) => {
    const asked = decode(body);
    if (!isFields(asked) || typeof asked.device !== 'string') {
      throw new PeerstorError('bad-frame', 'The question names no device.');
    }
    return encode({ seq: catalog.vector()[deviceId(asked.device)] ?? 0 });
  });
}

/** The highest sequence number of a device's log that a peer has. @throws `peer-unreachable`, `peer-timeout` */
export async function reachesOf(transport: Transport, peer: DeviceId, author: DeviceId): Promise<number> {
  const body = encode({ device: author });
  const answer = decode(await transport.call(peer, method, body, { timeoutMs: answerTimeoutMs }));
  return isFields(answer) && typeof answer.seq === 'number' ? answer.seq : 0;
}
