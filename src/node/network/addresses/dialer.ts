/** Dials a device: its known addresses in turn, then the addresses that connected devices report. */
import { type Clock, sleep } from '../../../model/clock.ts';
import type { Lane } from '../../../model/contracts/transport.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { DeviceId } from '../../../model/ids.ts';
import type { Tunables } from '../../../model/limits.ts';
import type { Log } from '../../../model/log.ts';
import { asError } from '../frames/framed-stream.ts';
import type { Lanes } from '../lanes.ts';
import { findPeer, type PeerstorNode } from '../libp2p/libp2p-node.ts';
import type { LaneLink, PeerLink } from '../peer-link.ts';
import type { AddressBook } from './address-book.ts';
import { dialTarget } from './peer-address.ts';
import { peerIdOf } from './peer-identity.ts';

export const laneProtocol: Record<Lane, string> = {
  control: '/peerstor/control/1',
  bulk: '/peerstor/bulk/1',
};

const dialTimeoutMs = 15_000;
const dialAddressesMax = 16;

export interface DialerOptions {
  node: PeerstorNode;
  lanes: Lanes;
  book: AddressBook;
  clock: Clock;
  tunables: Pick<Tunables, 'redialMinMs' | 'redialMaxMs'>;
  log: Log;
  /** Aborts when the transport stops. */
  signal: AbortSignal;
}

export class Dialer {
  readonly #options: DialerOptions;
  /** Control lanes whose bulk lane is being dialed already. */
  readonly #keeping = new Set<LaneLink>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * One attempt at the control lane. Resolves when the lane is up. @throws `peer-unreachable` or the reason of
   * a refusal
   */
  async dialControl(device: DeviceId): Promise<void> {
    const { book, lanes, log } = this.#options;
    const addresses = book.addressesOf(device);
    try {
      await this.#dial(device, 'control', addresses);
    } catch (error) {
      log.debug({ device, addresses, why: asError(error).message }, 'a device could not be reached');
      if (lanes.find(device) !== undefined) return;
      const told = await this.#askOthers(device);
      if (told.every((address) => addresses.includes(address))) throw error;
      await this.#dial(device, 'control', told);
    }
  }

  /** The side that dialed control dials bulk too, again and again for as long as that control lane lives. */
  async keepBulk(peer: PeerLink, control: LaneLink): Promise<void> {
    const { book, clock, log, signal, tunables } = this.#options;
    if (this.#keeping.has(control)) return;
    this.#keeping.add(control);
    let waitMs = Math.max(1, tunables.redialMinMs);
    try {
      while (peer.control === control && peer.bulk === undefined && !signal.aborted) {
        try {
          const reached = control.connection.remoteAddr.toString();
          book.hint(peer.device, [reached]);
          await this.#dial(peer.device, 'bulk', book.addressesOf(peer.device));
        } catch (error) {
          log.debug(
            { device: peer.device, why: asError(error).message },
            'the bulk lane could not be opened',
          );
          await sleep(clock, waitMs, signal);
          waitMs = Math.min(2 * waitMs, Math.max(1, tunables.redialMaxMs));
        }
      }
    } finally {
      this.#keeping.delete(control);
    }
  }

  async #dial(device: DeviceId, lane: Lane, addresses: readonly string[]): Promise<void> {
    const { book, lanes, log, node } = this.#options;
    const peer = peerIdOf(device);
    const targets = addresses.slice(0, dialAddressesMax).map((address) => dialTarget(address, peer));
    if (targets.length === 0) {
      throw new PeerstorError('peer-unreachable', 'No address of the device is known.');
    }
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(dialTimeoutMs)]);
    // `force`: an existing connection belongs to another lane.
    const connection = await node.dial(targets, { force: true, signal });
    try {
      await lanes.open(await connection.newStream(laneProtocol[lane], { signal }), connection, lane);
    } catch (error) {
      connection.abort(asError(error));
      throw error;
    }
    try {
      await book.worked(device, connection.remoteAddr.toString());
    } catch (error) {
      log.warn({ device, why: asError(error).message }, 'the address book could not be written');
    }
  }

  async #askOthers(device: DeviceId): Promise<string[]> {
    const { book, lanes, log, node, signal } = this.#options;
    if (lanes.connected().length === 0) return [];
    try {
      book.hint(device, await findPeer(node, peerIdOf(device), signal));
    } catch (error) {
      log.debug({ device, why: asError(error).message }, 'the other devices do not know this one');
    }
    return book.addressesOf(device);
  }
}
