/**
 * Every bound of the house, each with its reason and its unit last. Waits and thresholds of
 * replication are in `Tunables`, because tests set them through PEERSTOR_TUNE; what may never be
 * changed without a new format is a plain constant.
 */
import { assert } from './assert.ts';
import { PeerstorError } from './errors.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

// --- chunks (FORMAT) ---
/** FastCDC bounds: small enough to dedupe edits, large enough that a terabyte is 2 M chunks. */
export const chunkBytesMin = 256 * KiB;
export const chunkBytesAverage = 512 * KiB;
export const chunkBytesMax = 1 * MiB;
/** Up to here a file is one chunk and the cutter is not asked. */
export const singleChunkBytesMax = 256 * KiB;
/** Up to here the content lives sealed inside the manifest: no chunk at all. */
export const inlineBytesMax = 4 * KiB;
/** 1 byte format id, 1 byte codec, 16 bytes AES-GCM tag. */
export const sealOverheadBytes = 18;
export const sealedChunkBytesMax = chunkBytesMax + sealOverheadBytes;
/** References in one manifest; more make an index manifest over several. Keeps it under a chunk's size. */
export const manifestReferencesMax = 8192;

// --- wire (PROTOCOL) ---
/** Largest frame on a libp2p stream: one chunk and its header. */
export const frameBytesMax = 1 * MiB + 64 * KiB;
export const catalogPageRecordsMax = 1000;
export const catalogPageBytesMax = 768 * KiB;
export const recordBytesMax = 64 * KiB;
/** Chunks that a receiver lets one peer have under way, and all peers together: bounds memory. */
export const putCreditsPerPeer = 8;
export const putCreditsStart = 2;
export const putCreditsTotal = 32;
export const helloTimeoutMs = 5 * secondMs;

/** Catalog records held for one author device that nobody known has signed: bounds what strangers can fill. */
export const strayRecordsMax = 10_000;
export const strayBytesMax = 16 * MiB;

// --- work in flight ---
/** Chunks of one upload between the cutter and the disk: about 16 MiB. */
export const uploadChunksInFlight = 12;
/** The same for all uploads together; each may have two whatever the others do. */
export const chunksInFlightMax = 32;
/** Sealed chunks kept in memory for pushing; beyond it a push reads from disk again. */
export const pushBytesInMemoryMax = 32 * MiB;
export const readAheadBytes = 8 * MiB;
/** Read ahead by all downloads of a device together: eight that run at full speed. */
export const readAheadPoolBytes = 64 * MiB;

// --- helping back in ---
/** Users and devices that one account may name as trustees. */
export const trusteesMax = 20;
/** A trustee's wait, in hours: long enough to notice and stop a stranger, short enough to be waited for. */
export const trusteeWaitHoursMin = 1;
export const trusteeWaitHoursMax = 720;
/** Requests for help that may be made at one device: each is a record that stays. */
export const recoveryRequestsPerDay = 20;

/** Older events leave the audit log of a device. */
export const auditKeepMs = 365 * dayMs;

// --- pages that look ---
/** How often pages are told to look at the machine again. */
export const systemTellMs = 2 * secondMs;

// --- uploads in several requests ---
/** Unfinished ones of one user, link or token, and of a device: each keeps up to one uncut chunk beside its chunks. */
export const unfinishedUploadsPerHolder = 1000;
export const unfinishedUploadsMax = 5000;
/** Parts of such uploads (S3) of one token, and of a device: a file has up to 10,000; each is about 1 KB of memory. */
export const uploadPartsPerHolder = 20_000;
export const uploadPartsMax = 40_000;
/** Finished ones that a device remembers, for clients that missed the answer. */
export const finishedUploadsKept = 2000;
/** What one other device may leave here of its unfinished uploads. */
export const uploadCopiesMax = 2000;
export const uploadCopiesBytesMax = 64 * MiB;
/** Chunks that came are noted as often as this: what a device that dies must be sent again. */
export const uploadSaveChunks = 16;
export const uploadSaveMs = 2 * secondMs;

// --- names ---
/** Bytes of a name in UTF-8, as on common file systems. */
export const nameBytesMax = 255;
export const folderDepthMax = 128;
/** A drive's path in a URL: depth times name, within what HTTP servers take. */
export const pathBytesMax = 16 * KiB;

// --- catalog, written in one drive within a day, as far as a device knows ---
/** Ten times what a device imports in a day of small files; a flood of folders and tags meets it within hours. */
export const recordsPerDayMax = 5_000_000;
export const recordBytesPerDayMax = 1 * GiB;

// --- http ---
export const jsonBodyBytesMax = 1 * MiB;
export const listLimitDefault = 200;
export const listLimitMax = 1000;
/** Entries of one drive that can be found: about 200 MB of memory while somebody searches. */
export const searchedEntriesMax = 2_000_000;
/** A search waits so long for the first reading of a drive before it says "try again". */
export const searchBuildWaitMs = 10_000;
/** A list waits so long for what its folders hold, before it comes without. */
export const folderTotalsWaitMs = 250;
/** What a search needs in memory is given back after so long without one. */
export const searchIdleMs = 30 * minuteMs;
/** While somebody searches, the sealed file of the index follows what changed so often. */
export const searchKeepEveryMs = 10 * minuteMs;
/** Names and texts that programs keep with one entry (WebDAV): a part of one record. */
export const propertiesBytesMax = 16 * KiB;
/** Entries that one request may move, copy or trash. */
export const entriesAtOnceMax = 1000;
export const sessionLifeMs = 30 * dayMs;
export const inviteLifeMs = 7 * dayMs;
/** Of a share link for which nobody chose another end. */
export const linkLifeMs = 7 * dayMs;
export const passwordLengthMin = 8;
/** Of the UTF-8 bytes after NFC, which are what is hashed: one rule where a password is set and where it is checked. */
export const passwordBytesMax = 1024;
/**
 * What Argon2id may cost by a record that somebody else wrote: who signs in must not pay an hour or the memory.
 * The standard is 64 MiB and 3 passes; stronger ones of later versions fit.
 */
export const argon2MemoryKiBMax = 256 * 1024;
export const argon2PassesMax = 8;
export const argon2ParallelismMax = 4;
/** Of memory times passes: four times the standard. */
export const argon2WorkKiBMax = 4 * 3 * 64 * 1024;
/** From one address. */
/** Wrong codes of an authenticator app, of one account at one device: a guess hits one time in 300,000. */
export const codeTriesPerHour = 20;
export const passwordTriesPerHour = 9;
/** At one share link, from all addresses together; further tries of the hour are slowed. */
export const linkTriesUnslowed = 20;
export const pairingTriesMax = 3;
/** Over all windows of a device, restarts included. */
export const pairingTriesPerHour = 10;

// --- storage ---
/** Always left free on a volume's disk: 2 % or this, whichever is more (less on tiny disks). */
export const freeBytesKept = 2 * GiB;
export const volumeWarnRatio = 0.85;
export const volumeStopRatio = 0.95;
/** A segment holds many chunks, is small enough to be copied in a few seconds, and fits on FAT32 and exFAT. */
export const segmentBytesMax = 256 * MiB;
/** A segment with a larger share of bytes that nobody needs is copied without them. */
export const segmentDeadRatioMax = 0.2;

/** Waits and thresholds; all in milliseconds unless the name says otherwise. */
export interface Tunables {
  /** Copies that each chunk should have, on different devices. */
  copiesWanted: number;
  /** How long an upload waits for a second device before it answers *accepted*. */
  safeWaitMs: number;
  heartbeatMs: number;
  peerSuspectMs: number;
  peerDropMs: number;
  /** A device must have been back this long before it counts for repair and trimming. */
  presenceStableMs: number;
  repairOneCopyMs: number;
  repairTwoCopiesMs: number;
  repairTwoCopiesSleeperMs: number;
  trimAfterMs: number;
  /** How long a device keeps a copy because of which another one gave up its own. */
  holdMs: number;
  inventoryDigestMs: number;
  catalogDigestMs: number;
  /** Between a change of the catalog and its being written beside the chunks of each volume. */
  catalogJournalMs: number;
  scrubPeriodMs: number;
  /** Between two comparisons of all files of the volumes with the index. */
  recountMs: number;
  /** How often a device looks whether its volumes are there and take writes. */
  volumeCheckMs: number;
  auditEveryMs: number;
  restoreDrillMs: number;
  /** Files of each user in a drill; 0 for no drills. */
  restoreDrillFiles: number;
  garbageGraceMs: number;
  garbageTrashMs: number;
  garbageEveryMs: number;
  trashKeepMs: number;
  uploadExpiryMs: number;
  pairingWindowMs: number;
  /** How long devices still connect by a network secret that was replaced. */
  secretOverlapMs: number;
  /** A push or fetch that moved no byte for this long goes to another device. */
  transferStallMs: number;
  /** A device that declined a chunk counts as full for so long. */
  fullBeliefMs: number;
  /** A device that failed several times is left alone for so long, unless nobody else will do. */
  peerRestMs: number;
  /** A holder that said that it cannot copy a chunk is not expected to for so long. */
  excuseMs: number;
  /** Between two looks through all chunks for what is to be repaired, while no device comes or goes. */
  repairAgainMs: number;
  /** After a device could not be given what it should hold. */
  catchUpAgainMs: number;
  /** A volume on which several chunks rot within this time takes no new ones. */
  rottenWindowMs: number;
  /** Thumbnails of what another device took in are left to that one for so long. */
  mediaOthersMs: number;
  redialMinMs: number;
  redialMaxMs: number;
}

export const defaultTunables: Readonly<Tunables> = {
  copiesWanted: 3,
  safeWaitMs: 2 * secondMs,
  heartbeatMs: 5 * secondMs,
  peerSuspectMs: 15 * secondMs,
  peerDropMs: 30 * secondMs,
  presenceStableMs: 60 * secondMs,
  repairOneCopyMs: 15 * minuteMs,
  repairTwoCopiesMs: 6 * hourMs,
  repairTwoCopiesSleeperMs: 7 * dayMs,
  trimAfterMs: 48 * hourMs,
  holdMs: 1 * dayMs,
  inventoryDigestMs: 10 * minuteMs,
  catalogDigestMs: 1 * hourMs,
  catalogJournalMs: 5 * minuteMs,
  scrubPeriodMs: 30 * dayMs,
  recountMs: 7 * dayMs,
  volumeCheckMs: 5 * secondMs,
  auditEveryMs: 1 * hourMs,
  restoreDrillMs: 7 * dayMs,
  restoreDrillFiles: 10,
  garbageGraceMs: 14 * dayMs,
  garbageTrashMs: 7 * dayMs,
  garbageEveryMs: 1 * dayMs,
  trashKeepMs: 30 * dayMs,
  uploadExpiryMs: 3 * dayMs,
  pairingWindowMs: 10 * minuteMs,
  secretOverlapMs: 7 * dayMs,
  transferStallMs: 5 * secondMs,
  fullBeliefMs: 10 * minuteMs,
  peerRestMs: 30 * secondMs,
  excuseMs: 10 * minuteMs,
  repairAgainMs: 30 * secondMs,
  catchUpAgainMs: 60 * secondMs,
  rottenWindowMs: 1 * hourMs,
  mediaOthersMs: 5 * minuteMs,
  redialMinMs: 1 * secondMs,
  redialMaxMs: 60 * secondMs,
};

/**
 * Reads PEERSTOR_TUNE.
 * @param json a JSON object over names of `Tunables`, or undefined for the defaults
 * @throws `bad-tune` naming the first wrong name or value
 */
export function parseTunables(json: string | undefined): Tunables {
  if (json === undefined || json.trim() === '') return { ...defaultTunables };
  const refuse = (why: string) => new PeerstorError('bad-tune', `PEERSTOR_TUNE ${why}`);
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    throw refuse(`is not JSON: ${json.slice(0, 80)}`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refuse('must be a JSON object such as {"safeWaitMs": 500}');
  }
  const tunables = { ...defaultTunables };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultTunables, name)) {
      throw refuse(`has no setting "${name}"; known are ${Object.keys(defaultTunables).join(', ')}`);
    }
    const min = name === 'copiesWanted' ? 1 : 0;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
      throw refuse(`"${name}" must be a whole number of at least ${min}, not ${JSON.stringify(value)}`);
    }
    tunables[name as keyof Tunables] = value;
  }
  return tunables;
}

assert(sealedChunkBytesMax + 256 <= frameBytesMax, 'a sealed chunk and its header fit one frame');
assert(manifestReferencesMax * 96 < chunkBytesMax, 'a full manifest fits one chunk');
assert(catalogPageBytesMax + recordBytesMax <= frameBytesMax, 'a catalog page fits one frame');
assert(chunkBytesMin < chunkBytesAverage && chunkBytesAverage < chunkBytesMax, 'cutter bounds are ordered');
