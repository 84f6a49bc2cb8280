/** Work during faults: the user of each device writes, changes, renames and deletes files of their own. */
import { createHash } from 'node:crypto';
import type { EntryView } from '../../src/model/api.ts';
import type { Random } from '../../src/model/clock.ts';
import { type DeviceProcess, encodePath, randomStream } from '../cluster/device-process.ts';

const KiB = 1024;
const answerMs = 20_000;

/** The possible states of a file. `hash: null` means that it does not exist. */
interface Possible {
  path: string;
  hash: string | null;
}

export interface WrittenFile {
  possible: Possible[];
  /** True when it was acknowledged with two copies or more: losing one disk cannot lose it. */
  survives: boolean;
  /** Name of the device to which it is written, and the time of the last attempt. */
  device: string;
  triedMs: number;
}

type Answer = 'done' | 'refused' | 'unknown';

export class Workload {
  readonly files: WrittenFile[] = [];
  /** Answers that no fault explains. */
  readonly wrong: string[] = [];
  acknowledged = 0;
  refused = 0;
  readonly #devices: readonly DeviceProcess[];
  readonly #random: Random;
  readonly #folder: string;
  #stopped = false;
  #running: Promise<void>[] = [];
  #count = 0;

  constructor(devices: readonly DeviceProcess[], random: Random, folder: string) {
    this.#devices = devices;
    this.#random = random;
    this.#folder = folder;
  }

  start(): void {
    this.#running = this.#devices.map((device) => this.#work(device));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /** Writes to a device since this time may be lost, although they were acknowledged. */
  forget(given: { device: string; sinceMs: number }): void {
    for (const file of this.files) {
      if (file.device === given.device && file.triedMs >= given.sinceMs) file.survives = false;
    }
  }

  async #work(device: DeviceProcess): Promise<void> {
    const own: WrittenFile[] = [];
    while (!this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, 100 + this.#random.next() * 300));
      const settled = own.filter(({ possible }) => possible.length === 1 && possible[0]?.hash);
      const file = settled[Math.floor(this.#random.next() * settled.length)];
      const dice = this.#random.next();
      if (!file || dice < 0.65) await this.#create(device, own);
      else if (dice < 0.8) await this.#change(device, file);
      else if (dice < 0.92) await this.#rename(device, file);
      else await this.#purge(device, file);
    }
  }

  async #create(device: DeviceProcess, own: WrittenFile[]): Promise<void> {
    this.#count += 1;
    const path = `/${this.#folder}/${device.name}/file ${this.#count}.bin`;
    const file: WrittenFile = {
      possible: [{ path, hash: null }],
      survives: false,
      device: device.name,
      triedMs: performance.now(),
    };
    own.push(file);
    this.files.push(file);
    await this.#put(device, file, path);
  }

  async #change(device: DeviceProcess, file: WrittenFile): Promise<void> {
    const [before] = file.possible;
    if (before) await this.#put(device, file, before.path);
  }

  async #put(device: DeviceProcess, file: WrittenFile, path: string): Promise<void> {
    const seed = `${this.#folder}/${path}/${this.#random.next()}`;
    const large = this.#random.next() < 0.1;
    const bytes = Math.floor(this.#random.next() * (large ? 3072 : 200) * KiB);
    const content: Uint8Array[] = [];
    const hash = createHash('sha256');
    for await (const piece of randomStream(bytes, seed)) {
      content.push(Buffer.from(piece));
      hash.update(piece);
    }
    const after: Possible = { path, hash: hash.digest('hex') };
    const { answer, body } = await this.#ask(device, 'PUT', `/api/v1/path${encodePath(path)}`, {
      body: Buffer.concat(content),
    });
    const level = (body as EntryView | undefined)?.safety?.level;
    if (answer === 'done') file.survives = level === 'safe' || level === 'full';
    this.#note(file, answer, after);
  }

  async #rename(device: DeviceProcess, file: WrittenFile): Promise<void> {
    const [before] = file.possible;
    const entry = before && (await this.#find(device, before.path));
    if (!before || !entry) return;
    this.#count += 1;
    const name = `renamed ${this.#count}.bin`;
    const path = `${before.path.slice(0, before.path.lastIndexOf('/'))}/${name}`;
    const { answer } = await this.#ask(device, 'PATCH', `/api/v1/entries/${entry.id}`, { json: { name } });
    this.#note(file, answer, { path, hash: before.hash });
  }

  async #purge(device: DeviceProcess, file: WrittenFile): Promise<void> {
    const [before] = file.possible;
    const entry = before && (await this.#find(device, before.path));
    if (!before || !entry) return;
    const { answer } = await this.#ask(device, 'DELETE', `/api/v1/entries/${entry.id}?permanent=true`, {});
    this.#note(file, answer, { path: before.path, hash: null });
  }

  async #find(device: DeviceProcess, path: string): Promise<EntryView | undefined> {
    const { answer, body } = await this.#ask(device, 'GET', `/api/v1/path${encodePath(path)}`, {});
    return answer === 'done' ? (body as EntryView) : undefined;
  }

  /** An answer decides the state; without an answer both states are possible, and the file is left alone. */
  #note(file: WrittenFile, answer: Answer, after: Possible): void {
    file.triedMs = performance.now();
    if (answer === 'done') {
      this.acknowledged += 1;
      file.possible = [after];
    } else {
      this.refused += 1;
      // An error does not promise that nothing was written.
      file.possible = [...file.possible, after];
    }
  }

  async #ask(
    device: DeviceProcess,
    method: string,
    path: string,
    options: { json?: unknown; body?: Uint8Array },
  ): Promise<{ answer: Answer; body?: unknown }> {
    const given = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), answerMs).unref());
    try {
      const reply = await Promise.race([device.api(method, path, options), given]);
      if (reply === 'late') return { answer: 'unknown' };
      if (reply.status < 400) return { answer: 'done', body: reply.body };
      const { code } = reply.body as { code?: string };
      if (code === 'internal' || code === undefined) {
        this.wrong.push(`${device.name}: ${method} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      }
      return { answer: 'refused' };
    } catch {
      return { answer: 'unknown' };
    }
  }
}
