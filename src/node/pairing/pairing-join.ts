/** The side where the code is typed: joins the network of the device whose page is at `address`. */
import { deviceProofBytes } from '../../catalog/index.ts';
import { decode, encode, open, randomBytes, type SigningKey, seal, startCpace } from '../../crypto/index.ts';
import { isErrorCode, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { deviceId, type NetworkId, networkId } from '../../model/ids.ts';
import {
  associatedData,
  type ConfirmAnswer,
  type JoiningDevice,
  joinLabel,
  pairingChannel,
  type StartAnswer,
  toBytes,
  toText,
  type Welcome,
  welcomeLabel,
} from './pairing-window.ts';

const answerTimeoutMs = 15_000;

/**
 * Runs both steps of the exchange.
 * @param code eight digits
 * @param address HOST:PORT of the page of the device that shows the code
 * @param only the network to be let into, where this device has one already
 * @throws `already-in-network` for another one, `pairing-closed`, `wrong-pairing-code`, `peer-unreachable`
 */
export async function joinByCode(
  code: string,
  address: string,
  identity: SigningKey,
  self: Omit<JoiningDevice, 'proof'>,
  only?: NetworkId,
): Promise<Welcome> {
  const session = randomBytes(16);
  const side = startCpace('initiator', { code, channel: pairingChannel, sessionId: session });
  const started = (await exchange(address, {
    step: 'start',
    session: toText(session),
    share: toText(side.share),
    device: { id: self.id, name: self.name },
  })) as StartAnswer;

  // Before anything is sent that would make this device a member there.
  if (only !== undefined && started.networkId !== only) throw inAnotherNetwork();
  const other = deviceId(started.device?.id);
  const agreed = side.finish(toBytes(started.share), {
    mine: associatedData(self.id, self.name),
    theirs: associatedData(other, started.device.name),
  });
  const proof = identity.sign(deviceProofBytes(networkId(started.networkId), self.id));
  const confirmed = (await exchange(address, {
    step: 'confirm',
    attempt: started.attempt,
    tag: toText(agreed.myTag),
    sealed: toText(seal(agreed.key, joinLabel, encode({ ...self, proof }))),
  })) as ConfirmAnswer;

  if (!agreed.checkTag(toBytes(confirmed.tag))) {
    throw new PeerstorError('wrong-pairing-code', `${address} could not prove that it knows this code.`);
  }
  const welcome = decode(open(agreed.key, welcomeLabel, toBytes(confirmed.sealed))) as Welcome;
  if (welcome.networkId !== started.networkId) {
    throw new PeerstorError('bad-input', `${address} named two different networks during the pairing.`);
  }
  return welcome;
}

function inAnotherNetwork(): PeerstorError {
  return new PeerstorError(
    'already-in-network',
    'This device is in another network already. Start it on a new --home to join that one.',
  );
}

async function exchange(address: string, message: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`http://${address}/api/v1/pairing/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
  } catch (cause) {
    throw new PeerstorError(
      'peer-unreachable',
      `No peerstor answers at ${address} (${sentenceOf((cause as Error).cause ?? cause)}). Check the address and that the device is on.`,
      { cause },
    );
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && typeof answer === 'object' && answer !== null) return answer;
  const problem = (answer ?? {}) as { code?: string; detail?: string };
  throw new PeerstorError(
    problem.code && isErrorCode(problem.code) ? problem.code : 'peer-failed',
    problem.detail ??
      `${address} answered with status ${response.status}. Check that a peerstor device runs there.`,
  );
}
