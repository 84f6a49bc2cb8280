/** Tells pages which parts of a network changed, except the entries of drives. */
import type { Transport } from '../../model/contracts/transport.ts';
import type { Replication } from '../../replication/index.ts';
import type { CatalogDirectory } from '../membership/device-directory.ts';

export type EventTopic = 'devices' | 'health' | 'transfers' | 'system';
export type EventListener = (topic: EventTopic, ids: string[]) => void;

/** The parts whose changes are reported. */
export interface FollowedParts {
  chunks: Replication;
  directory: CatalogDirectory;
  transport: Transport;
}

export class EventHub {
  readonly #listeners = new Set<EventListener>();

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  follow({ chunks, directory, transport }: FollowedParts): void {
    directory.onChange(() => this.tell('devices', []));
    transport.onPeer(({ device }) => this.tell('devices', [device]));
    chunks.onHealthChange(() => this.tell('health', []));
  }

  /** Tells all listeners which items of the topic changed; an empty list means that some did. */
  tell(topic: EventTopic, ids: string[]): void {
    for (const listener of this.#listeners) listener(topic, ids);
  }
}
