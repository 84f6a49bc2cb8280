/** Counts the bytes of frames to and from each device. */
import type { Clock } from '../../model/clock.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { TrafficView } from '../../model/views/topology.ts';
import type { FrameStream } from './frames/frame-stream.ts';

/** Seconds over which a rate is taken. */
const rateSeconds = 10;

interface Second {
  at: number;
  sent: number;
  received: number;
}

interface Counted {
  sentBytes: number;
  receivedBytes: number;
  /** The last seconds in which something moved. */
  recent: Second[];
}

/** Bytes that moved with one device. */
export interface Moved {
  device: DeviceId;
  sentBytes: number;
  receivedBytes: number;
}

export class Traffic {
  readonly #clock: Clock;
  readonly #counted = new Map<DeviceId, Counted>();
  #untold = new Map<DeviceId, Moved>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(device: DeviceId, sent: number, received: number): void {
    const counted = this.#counted.get(device) ?? { sentBytes: 0, receivedBytes: 0, recent: [] };
    this.#counted.set(device, counted);
    counted.sentBytes += sent;
    counted.receivedBytes += received;
    const at = this.#second();
    const last = counted.recent.at(-1);
    if (last?.at === at) {
      last.sent += sent;
      last.received += received;
    } else {
      counted.recent = [...counted.recent.slice(1 - rateSeconds), { at, sent, received }];
    }
    const untold = this.#untold.get(device) ?? { device, sentBytes: 0, receivedBytes: 0 };
    untold.sentBytes += sent;
    untold.receivedBytes += received;
    this.#untold.set(device, untold);
  }

  /** Since this device started. */
  with(device: DeviceId): TrafficView {
    const { sentBytes, receivedBytes, recent } = this.#counted.get(device) ?? {
      sentBytes: 0,
      receivedBytes: 0,
      recent: [],
    };
    const from = this.#second() - rateSeconds;
    const counting = recent.filter(({ at }) => at > from);
    const rate = (which: 'sent' | 'received') =>
      Math.round(counting.reduce((sum, second) => sum + second[which], 0) / rateSeconds);
    return {
      sentBytes,
      receivedBytes,
      sentBytesPerSecond: rate('sent'),
      receivedBytesPerSecond: rate('received'),
    };
  }

  /** What moved since the last call. */
  take(): Moved[] {
    const moved = [...this.#untold.values()];
    this.#untold = new Map();
    return moved;
  }

  #second(): number {
    return Math.floor(this.#clock.monotonicMs() / 1000);
  }
}

/** The stream, with its frames counted as those of a device. */
export class CountedStream implements FrameStream {
  readonly #stream: FrameStream;
  readonly #count: (sent: number, received: number) => void;

  constructor(stream: FrameStream, count: (sent: number, received: number) => void) {
    this.#stream = stream;
    this.#count = count;
  }

  get lastByteAtMs(): number {
    return this.#stream.lastByteAtMs;
  }

  async read(): Promise<Uint8Array | undefined> {
    const frame = await this.#stream.read();
    if (frame !== undefined) this.#count(0, frame.byteLength);
    return frame;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    await this.#stream.write(parts);
    this.#count(
      parts.reduce((sum, part) => sum + part.byteLength, 0),
      0,
    );
  }

  end(): Promise<void> {
    return this.#stream.end();
  }

  abort(reason: Error): void {
    this.#stream.abort(reason);
  }

  onClosed(listener: (reason: Error) => void): void {
    this.#stream.onClosed(listener);
  }
}
