/** One WebSocket that says what changed; views ask again for what they show. Reconnects for ever. */
import { signal } from '@preact/signals-core';
import type { EventView } from '../../src/model/api.ts';
import { eventProtocols } from './session-proof.ts';

const retryMinMs = 1000;
const retryMaxMs = 30_000;

/** `away`: a try to connect again failed. */
export type Liveness = 'live' | 'connecting' | 'away' | 'stopped';

export class EventFeed {
  readonly liveness = signal<Liveness>('stopped');
  readonly #url: string;
  readonly #listeners = new Set<(event: EventView) => void>();
  #socket: WebSocket | undefined;
  #retryMs = retryMinMs;
  /** Of the last event. */
  #rev: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  start(): void {
    if (this.#socket || this.#timer) return;
    if (this.liveness.value !== 'away') this.liveness.value = 'connecting';
    const since = this.#rev === undefined ? '' : `?since=${this.#rev}`;
    const socket = new WebSocket(this.#url + since, eventProtocols());
    this.#socket = socket;
    socket.onopen = () => {
      this.#retryMs = retryMinMs;
      this.liveness.value = 'live';
      if (this.#rev !== undefined) return;
      // Anything may have changed while nobody listened. From here on the device says what was missed.
      for (const topic of ['entries', 'devices', 'health'] as const) this.#tell({ topic, ids: [], rev: 0 });
    };
    socket.onmessage = (message) => {
      const event = JSON.parse(String(message.data)) as EventView;
      this.#rev = Math.max(event.rev, this.#rev ?? 0);
      this.#tell(event);
    };
    socket.onclose = () => {
      this.#socket = undefined;
      if (this.liveness.value === 'stopped') return;
      this.liveness.value = this.liveness.value === 'live' ? 'connecting' : 'away';
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          this.start();
        },
        this.#retryMs * (0.8 + 0.4 * Math.random()),
      );
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    };
  }

  stop(): void {
    this.#rev = undefined;
    this.liveness.value = 'stopped';
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  listen(listener: (event: EventView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: EventView): void {
    for (const listener of this.#listeners) listener(event);
  }
}
