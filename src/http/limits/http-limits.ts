/** Bounds of the gateway alone, each with its reason; those that other rooms share are in model/limits.ts. */
const KiB = 1024;
const MiB = 1024 * KiB;
const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** A request line with the longest path, every byte of it percent-encoded, and the other headers. */
export const headerBytesMax = 64 * KiB;
/** Headers that are not complete by then are a broken or hostile client. */
export const headersWaitDefaultMs = 20 * secondMs;
/** How often node looks for such a client; what it lets wait longer than said. */
export const headersCheckMs = 1 * secondMs;
/** Requests of one connection of HTTP/2 at once; browsers send some dozens. */
export const http2StreamsMax = 100;
/** Header fields of a request. */
export const http2HeadersMax = 128;
/** What a connection may hold for its streams, in MiB. */
export const http2SessionMiB = 10;
/** What a client may send before it is read, of one request and of a connection. */
export const http2WindowBytes = 1 * MiB;
/** Requests that a client may take back at once, and then each second, before its connection ends. */
export const http2ResetsAtOnce = 200;
export const http2ResetsPerSecond = 20;
/** A connection without a request. */
export const http2IdleMs = 60 * secondMs;
/** How long a client that was told so may keep it open. */
export const http2CloseMs = 5 * secondMs;
/** An upload that moves no byte for this long is answered 408. Slow ones may take for ever. */
export const uploadStallMs = 60 * secondMs;
/** Of a request by somebody unknown: a name, a password, 24 words, a message of pairing. */
export const publicBodyBytesMax = 16 * KiB;
/** JSON that is nested deeper is none of ours. */
export const jsonDepthMax = 32;
/** A whole JSON body is small: this bounds a client that drips it. */
export const jsonBodyWaitMs = 30 * secondMs;
/** A download whose reader takes nothing for this long is cut; a paused player asks again with Range. */
export const downloadStallMs = 10 * minuteMs;

/** Bytes of one upload that wait for the drive; then the socket is paused. */
export const bodyQueueBytesMax = 512 * KiB;
/** The socket flows again below this. */
export const bodyQueueBytesLow = 128 * KiB;

/** A refused body up to this size is read to its end, so that the connection can be kept. */
export const smallBodyBytesMax = 256 * KiB;
/** Of a larger one this much, for this long, is still taken, so that the client sees the answer. */
export const drainBytesMax = 8 * MiB;
export const drainMs = 5 * secondMs;

/** Below this, compressing costs more than it saves. */
export const compressedBytesMin = 1 * KiB;
/** Above it, a slow compressor would be what limits the transfer at home. */
export const compressedBytesMax = 16 * MiB;

/** More ranges than this (or overlapping ones) are no video player: the whole content is sent. */
export const rangesMax = 32;

/** Files and folders of one archive: its directory is kept until the end, some 150 bytes of each. */
export const archiveItemsMax = 1_000_000;

/** A body of XML: what may be kept of it is 16 KiB, and names of properties. */
export const xmlBodyBytesMax = 64 * KiB;
/** Deeper or longer documents come from nobody who means well. */
export const xmlDepthMax = 32;
export const xmlElementsMax = 2000;
/** Locks of WebDAV, all and of one token; about 500 bytes each. */
export const locksMax = 2000;
export const locksPerHolder = 500;
/** A program that goes on asks again; one that died must not keep others out for long. */
export const lockSecondsMax = 3600;

/** Of the header `If`; each may mean a look at another path. */
export const ifConditionsMax = 100;

/** How far the clock of a client of S3 may be from ours. */
export const signatureSkewMs = 15 * minuteMs;
/** How long an address may hold that carries its signature: a week, as S3 has it. */
export const presignedSecondsMax = 7 * 24 * 3600;
/** One line of a body in signed pieces, and all of the lines after it. */
export const chunkLineBytesMax = 4 * KiB;
export const chunkTrailerBytesMax = 8 * KiB;
/** Names and texts of S3 that are kept with an object. */
export const objectMetadataBytesMax = 8 * KiB;
/** A body of XML that names 10,000 parts or 1000 objects. */
export const s3XmlBodyBytesMax = 4 * MiB;
export const s3XmlElementsMax = 100_000;
/** What one request of S3 lists or deletes. */
export const s3KeysMax = 1000;
/** Walks through buckets that are kept for their next page, and for how long. */
export const s3WalksMax = 32;
export const s3WalkMs = 2 * minuteMs;

/** What `?wait=` may ask for. */
export const safetyWaitSecondsMax = 3600;

/** Frames that a browser sends us; it has no reason to send any. */
export const eventFrameBytesMax = 64 * KiB;
/** A page that does not read its events is dropped instead of filling memory. */
export const eventBufferBytesMax = 1 * MiB;
export const eventSocketsMax = 256;
/** Tabs of one browser, and all browsers of one user: nobody takes the sockets of the others. */
export const eventSocketsPerSession = 16;
export const eventSocketsPerUser = 48;

/** Shorter content is sent without a slot: it is read at once and waits in no read-ahead. */
export const slotContentBytesMin = 1 * MiB;
/** Downloads that may be under way at once: each holds a chunk or two while its reader does not read. */
export const downloadsMax = 128;
export const downloadsPerAddress = 64;
export const downloadsPerUser = 64;
export const downloadsPerLink = 32;

/** Parts of uploads that come in at once: each has up to a dozen chunks in memory. */
export const appendsMax = 128;
export const appendsPerAddress = 64;
export const appendsPerHolder = 32;

/** Changes this close together become one event. */
export const eventGatherMs = 50;
export const eventIdsMax = 500;
export const eventPingMs = 30 * secondMs;
/** A page that reconnects within this time is told what it missed; later it asks for everything. */
export const eventKeepMs = 5 * minuteMs;
/** Events that are kept for it, of one session; and sessions without a page that keep some. */
export const eventsKept = 200;
export const eventFeedsIdleMax = 64;

/** Sessions that `?k=` is held against; beyond it a page proves its session again by its next request. */
export const provenSessionsMax = 1000;

/** How long `stop` lets running requests finish; the whole device has 10 s. */
export const stopGraceMs = 3 * secondMs;

/** Tokens or links that a new password names one by one. */
export const endedGrantsMax = 400;
/** What one address may ask a minute of all routes that anybody may ask; files of the page aside. */
export const publicRequestsPerMinute = 3000;
/** Requests a minute from one address. Wrong passwords and codes are counted by the device itself. */
export const loginsPerMinute = 100;
/** A page that waits for help asks how far it is. */
export const recoveryRequestsPerMinute = 60;
export const setupsPerMinute = 20;
export const joinsPerMinute = 20;
export const exchangesPerMinute = 60;
export const unlocksPerMinute = 60;
/** Of a program that mounts the drive and looks at what is above it. */
export const rootListingsPerMinute = 600;

/** A guest types the password of a link again after this long. */
export const unlockedMs = 60 * minuteMs;
/** Guests whose password is remembered; beyond it the oldest types it again. */
export const unlockedMax = 1000;
/** A download that began this recently may go on in ranges without being counted again. */
export const begunDownloadMs = 60 * minuteMs;
export const begunDownloadsMax = 10_000;
