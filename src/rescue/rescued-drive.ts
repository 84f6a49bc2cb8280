/**
 * A user's drive from volumes and recovery words alone: no network, no home, no device. The records of the
 * journals go through the same catalog as on a device, signatures and rights included, so the drive shows what
 * it showed there.
 */
import { createCatalog, createMemoryOutbox, type LocalCatalog } from '../catalog/index.ts';
import { newSigningKey } from '../crypto/index.ts';
import { openByWords } from '../drive/index.ts';
import { type Clock, systemClock, systemRandom } from '../model/clock.ts';
import type { Drive } from '../model/contracts/drive.ts';
import type { ChunkNetwork } from '../model/contracts/replication.ts';
import { PeerstorError } from '../model/errors.ts';
import { deviceId } from '../model/ids.ts';
import { defaultTunables } from '../model/limits.ts';
import { silentLog } from '../model/log.ts';
import { type DiskFiles, LevelStore, LooseVolumes, MemoryOrderedStore, nodeFiles } from '../store/index.ts';
import { findJournals, type JournalSearch, type ReadableJournal } from './journal-reader.ts';

export interface RescuedDrive {
  username: string;
  /** Only what reads works; content that is on no volume is `chunk-missing`, what is damaged everywhere `chunk-corrupt`. */
  drive: Drive;
  /** When the newest of the journals was written: what was uploaded later is not in the drive. ISO 8601 UTC. */
  knownUntil: string;
  chunks: number;
  /** What of the volumes could not be read, a sentence each. */
  problems: string[];
  close(): Promise<void>;
}

export interface RescueOptions {
  /** Folders of volumes, as many as are left. */
  volumes: readonly string[];
  /** The 24 words. */
  words: string;
  /** An empty folder for a database that is needed while the drive is open; the caller removes it. */
  scratch: string;
  files?: DiskFiles;
}

/**
 * @throws `bad-input` (no volume, no recovery words, no journal on any volume, several networks),
 * `wrong-password` when the words belong to no account
 */
export async function openRescuedDrive(options: RescueOptions): Promise<RescuedDrive> {
  const { words, files = nodeFiles } = options;
  const { volumes, outcome } = await LooseVolumes.open(options.volumes, files);
  const search = await findJournals(volumes.folders, words, files);
  const journals = mustHaveJournals(search);
  const knownUntilMs = journals.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const store = await LevelStore.open(options.scratch);
  const clock = clockAfter(knownUntilMs);
  const catalog = await catalogFrom(journals, store, clock).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const close = async () => {
    await catalog.stop();
    await store.close();
  };
  try {
    const parts = { clock, random: systemRandom, tunables: defaultTunables, log: silentLog };
    const network = readOnlyNetwork(volumes);
    const opened = await openByWords(
      { ...parts, catalog, network, scratch: new MemoryOrderedStore() },
      words,
    );
    return {
      username: opened.username,
      drive: opened.drive,
      knownUntil: new Date(knownUntilMs).toISOString(),
      chunks: outcome.chunks,
      problems: [...outcome.problems, ...search.problems],
      async close() {
        opened.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function mustHaveJournals({ journals, found, problems }: JournalSearch): ReadableJournal[] {
  if (journals.length > 0) return journals;
  if (problems.length > 0)
    throw new PeerstorError('bad-input', `No catalog can be read: ${problems.join(' ')}`);
  if (found > 0)
    throw new PeerstorError('wrong-password', 'These recovery words belong to no account of these volumes.');
  throw new PeerstorError(
    'bad-input',
    'None of these volumes has a catalog (a file segments/*.catalog): without it nobody knows which chunks make which file. Name further volumes.',
  );
}

async function catalogFrom(
  journals: readonly ReadableJournal[],
  store: LevelStore,
  clock: Clock,
): Promise<LocalCatalog> {
  const [first] = journals;
  if (!first) throw new PeerstorError('internal', 'There is no journal.');
  const identity = newSigningKey();
  const catalog = createCatalog({
    genesis: first.genesis,
    self: deviceId(identity.principal),
    identity,
    store,
    outbox: createMemoryOutbox(),
    clock,
  });
  await catalog.start();
  // Records of all journals: the devices may have known different ones.
  for (const journal of journals)
    for await (const { records } of journal.pages()) await catalog.accept(records);
  return catalog;
}

/** A machine that was started from a stick may show any time; records from the future would not count. */
function clockAfter(atMs: number): Clock {
  const aheadMs = Math.max(0, atMs - systemClock.wallMs());
  return { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };
}

function readOnlyNetwork(volumes: LooseVolumes): ChunkNetwork {
  const refuse = () => {
    throw new PeerstorError('forbidden', 'A rescued drive can only be read.');
  };
  return {
    start: async () => undefined,
    stop: async () => undefined,
    beginUpload: refuse,
    read: (id) => volumes.read(id),
    reportCorruptLocal: async () => undefined,
    holders: () => [],
    safetyOf: () => ({ level: 'accepted', copies: 0, wanted: defaultTunables.copiesWanted }),
    health: async () => refuse(),
    impactOf: async () => refuse(),
  };
}
