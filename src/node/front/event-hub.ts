/** Gathers what changed in a network, besides the entries of drives, for the pages that show it. */
import type { NetworkParts } from './device-parts.ts';

export type EventTopic = 'devices' | 'health';
export type EventListener = (topic: EventTopic, ids: string[]) => void;

export class EventHub {
  readonly #listeners = new Set<EventListener>();

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  follow({ chunks, directory, transport }: NetworkParts): void {
    directory.onChange(() => this.tell('devices', []));
    transport.onPeer(({ device }) => this.tell('devices', [device]));
    chunks.onHealthChange(() => this.tell('health', []));
  }

  /** Tells all listeners that these changed; without ids, that some did. */
  tell(topic: EventTopic, ids: string[]): void {
    for (const listener of this.#listeners) listener(topic, ids);
  }
}
