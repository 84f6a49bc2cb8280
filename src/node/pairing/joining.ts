/** Finds the network whose device shows a code, on the device where the code was typed. */
import type { SigningKey } from '../../crypto/index.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { deviceId, type NetworkId, networkId } from '../../model/ids.ts';
import type { HomeSettings, StoredMembership } from '../home/home.ts';
import { deviceSealingKey } from '../settings/own-record.ts';
import { lentBytes } from '../volumes/volumes.ts';
import { joinByCode } from './pairing-join.ts';
import type { Welcome } from './pairing-window.ts';

export interface JoinWish {
  /** Eight digits. */
  code: string;
  /** Pages to try in turn, HOST:PORT. */
  addresses: readonly string[];
  storageOnly: boolean;
  /** The network that this device has already and wants to reenter. */
  only: NetworkId | undefined;
}

/** @throws `already-in-network`, `peer-unreachable`, `pairing-closed`, `wrong-pairing-code`, `not-a-member` */
export async function joinNetwork(
  { code, addresses, storageOnly, only }: JoinWish,
  identity: SigningKey,
  settings: HomeSettings,
): Promise<StoredMembership> {
  if (addresses.length === 0) {
    throw new PeerstorError(
      'peer-unreachable',
      'No device of a network was found nearby. Give the address of its page: --peer HOST:PORT.',
    );
  }
  const self = {
    id: deviceId(identity.principal),
    name: settings.name,
    class: settings.class,
    place: settings.place,
    capacityBytes: lentBytes(settings),
    storageOnly,
    sealingKey: deviceSealingKey(identity).publicKey,
  };
  const welcome = await firstThatWelcomes(addresses, (at) => joinByCode(code, at, identity, self, only));
  return { ...welcome, networkId: networkId(welcome.networkId), replaced: [] };
}

/** The first device that lets this one in; else the most telling refusal. */
async function firstThatWelcomes(
  addresses: readonly string[],
  ask: (address: string) => Promise<Welcome>,
): Promise<Welcome> {
  let refusal: unknown;
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      // A device without an open window says nothing about the code; a device that refuses the code does.
      if (refusal === undefined || isPeerstorError(error, 'wrong-pairing-code')) refusal = error;
    }
  }
  throw refusal;
}
