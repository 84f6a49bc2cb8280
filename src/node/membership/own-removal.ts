/**
 * How a device learns that it was removed: from its catalog, or from a device that refuses it and sends the
 * proof.
 */
import type { CatalogMembership, CatalogReader } from '../../model/contracts/catalog.ts';
import type { DeviceBody } from '../../model/records.ts';

export class OwnRemoval {
  readonly #catalog: CatalogReader & CatalogMembership;
  readonly #learned = Promise.withResolvers<void>();
  /** Records that let this device in before its catalog has arrived. */
  readonly #certificates: readonly Uint8Array[];

  constructor(catalog: CatalogReader & CatalogMembership, certificates: readonly Uint8Array[]) {
    this.#catalog = catalog;
    this.#certificates = certificates;
    this.#look();
    catalog.onChange((changes) => {
      if (changes.some(({ record }) => record.table === 'device' || record.table === 'user')) this.#look();
    });
  }

  /** Resolves when this device is no longer a member. */
  get learned(): Promise<void> {
    return this.#learned.promise;
  }

  /** This device's record, as far as it knows. */
  ownBody(): DeviceBody | undefined {
    return this.#catalog.verifyMember(this.#catalog.self, this.#certificates);
  }

  /** A device refused this one. Its claim counts only if an admin of this network signed the proof. */
  refused(proof: readonly Uint8Array[]): void {
    if (this.#catalog.isRemoved(this.#catalog.self, [...proof, ...this.#certificates])) {
      this.#learned.resolve();
    }
  }

  #look(): void {
    if (this.#catalog.isRemoved(this.#catalog.self, [])) this.#learned.resolve();
  }
}
