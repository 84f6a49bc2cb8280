/** How a device learns that it was removed: from its catalog, or from a device that refuses it and proves why. */
import type { LocalCatalog } from '../../catalog/index.ts';
import type { DeviceBody } from '../../model/records.ts';

export class OwnRemoval {
  readonly #catalog: LocalCatalog;
  readonly #learned = Promise.withResolvers<void>();
  /** Records that let this device in before its catalog has come. */
  readonly #certificates: readonly Uint8Array[];

  constructor(catalog: LocalCatalog, certificates: readonly Uint8Array[]) {
    this.#catalog = catalog;
    this.#certificates = certificates;
    this.#look();
    catalog.onChange((changes) => {
      if (changes.some(({ record }) => record.table === 'device' || record.table === 'user')) this.#look();
    });
  }

  /** Resolves when this device is a member no more. */
  get learned(): Promise<void> {
    return this.#learned.promise;
  }

  /** What is said of this device, as far as it knows. */
  ownBody(): DeviceBody | undefined {
    return this.#catalog.verifyMember(this.#catalog.self, this.#certificates);
  }

  /** A device refused this one. What it says counts only if an admin of this network signed it. */
  refused(proof: readonly Uint8Array[]): void {
    if (this.#catalog.isRemoved(this.#catalog.self, [...proof, ...this.#certificates])) {
      this.#learned.resolve();
    }
  }

  #look(): void {
    if (this.#catalog.isRemoved(this.#catalog.self, [])) this.#learned.resolve();
  }
}
