/** The network's devices as replication sees them: the catalog's device records. */
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import type { DeviceDirectory, MemberDevice } from '../../model/contracts/replication.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import type { CatalogRecord, DeviceBody } from '../../model/records.ts';

export class CatalogDirectory implements DeviceDirectory {
  readonly #members = new Map<DeviceId, MemberDevice>();
  readonly #listeners = new Set<() => void>();
  readonly #catalog: CatalogReader;

  private constructor(catalog: CatalogReader) {
    this.#catalog = catalog;
  }

  /** Reads all device records, then follows the catalog. */
  static async open(catalog: CatalogReader): Promise<CatalogDirectory> {
    const directory = new CatalogDirectory(catalog);
    catalog.onChange((changes) => {
      const devices = changes.filter(({ record }) => record.table === 'device');
      for (const { record } of devices) directory.#refresh(record.id);
      if (devices.length > 0) for (const listener of directory.#listeners) listener();
    });
    for await (const record of catalog.list('device')) directory.#keep(record);
    return directory;
  }

  members(): MemberDevice[] {
    return [...this.#members.values()];
  }

  find(id: DeviceId): MemberDevice | undefined {
    return this.#members.get(id);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #refresh(id: string): void {
    const record = this.#catalog.get('device', id);
    if (record) this.#keep(record);
    else this.#members.delete(deviceId(id));
  }

  #keep(record: CatalogRecord<DeviceBody>): void {
    const id = deviceId(record.id);
    const body = record.body;
    if (!body || body.state === 'removed') {
      this.#members.delete(id);
      return;
    }
    const { name, state, capacityBytes, place } = body;
    this.#members.set(id, { id, name, class: body.class, state, capacityBytes, place });
  }
}
