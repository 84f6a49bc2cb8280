/**
 * Asks other devices to prove that they have the bytes they claim, and proves this device's own. A proof is
 * HMAC-SHA256 under a fresh nonce over the sealed bytes, so an earlier proof cannot answer it. A claim that was
 * not proved does not count until it is.
 */
import { equalBytes, hmacSha256 } from '../../crypto/index.ts';
import type { Random } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { releaseMemory } from '../../model/memory.ts';
import { type Proof, proveIdsMax, readProofs, readProve, writeProofs, writeProve } from '../wire.ts';

const nonceBytes = 32;
const answerPatienceMs = 60_000;
/** Devices that this one serves proofs to at a time: each proof reads a chunk from the disk. */
const provingMax = 2;

export interface ProofsParts {
  transport: Transport;
  store: ChunkStore;
  random: Random;
}

/** `proved`; otherwise the copy does not count: the bytes are wrong, or the device says that it has none. */
export type Verdict = 'proved' | 'wrong' | 'missing';

export class Proofs {
  readonly #parts: ProofsParts;
  readonly #provingTo = new Set<DeviceId>();

  constructor(parts: ProofsParts) {
    this.#parts = parts;
  }

  /** Registers the handler. Call it before the transport starts. */
  register(): void {
    this.#parts.transport.handle('chunk/prove', async (from, body, signal) => {
      if (this.#provingTo.has(from) || this.#provingTo.size >= provingMax) {
        throw new PeerstorError('not-ready', 'This device is proving other copies: ask again later.');
      }
      this.#provingTo.add(from);
      try {
        return writeProofs(await this.#prove(readProve(body), signal));
      } finally {
        this.#provingTo.delete(from);
      }
    });
  }

  /**
   * Asks a device for proofs of chunks that this one has too.
   * @returns a verdict for each chunk whose bytes here are sound
   * @throws `peer-unreachable`, `peer-timeout`, or what the device threw: no conclusion is drawn from that
   */
  async ask(device: DeviceId, ids: readonly ChunkId[], signal: AbortSignal): Promise<Map<ChunkId, Verdict>> {
    const { transport, random } = this.#parts;
    const asked = ids.slice(0, proveIdsMax);
    const nonce = random.bytes(nonceBytes);
    const body = writeProve({ nonce, ids: asked });
    const options = { signal, timeoutMs: answerPatienceMs };
    const answers = readProofs(await transport.call(device, 'chunk/prove', body, options), asked.length);
    const verdicts = new Map<ChunkId, Verdict>();
    for (const [at, id] of asked.entries()) {
      const own = await this.#proofOf(nonce, id, signal);
      if (own === null) continue;
      const theirs = answers[at] ?? null;
      if (theirs === null) verdicts.set(id, 'missing');
      else verdicts.set(id, equalBytes(own, theirs) ? 'proved' : 'wrong');
    }
    return verdicts;
  }

  async #prove(question: { nonce: Uint8Array; ids: ChunkId[] }, signal: AbortSignal): Promise<Proof[]> {
    const proofs: Proof[] = [];
    for (const id of question.ids) proofs.push(await this.#proofOf(question.nonce, id, signal));
    return proofs;
  }

  /** null when this device lacks the right bytes: reading a rotten copy quarantines it. */
  async #proofOf(nonce: Uint8Array, id: ChunkId, signal: AbortSignal): Promise<Proof> {
    try {
      const bytes = await this.#parts.store.get(id, { verify: true, signal });
      const proof = hmacSha256(nonce, bytes);
      releaseMemory(bytes);
      return proof;
    } catch (error) {
      if (isPeerstorError(error, 'chunk-missing') || isPeerstorError(error, 'chunk-corrupt')) return null;
      throw error;
    }
  }
}
