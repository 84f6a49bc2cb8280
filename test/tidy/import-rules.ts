/**
 * Who may import whom, in one table. `test/tidy/imports.test.ts` holds the code against it and prints
 * the sentence that belongs to the broken rule.
 */

/** The rooms from the ground up, each with the rooms that it may import and the reason. */
export interface RoomRule {
  room: string;
  imports: readonly string[];
  sentence: string;
}

export const roomRules: readonly RoomRule[] = [
  { room: 'model', imports: [], sentence: 'model imports nothing: it is what all rooms agree on.' },
  {
    room: 'concurrency',
    imports: ['model'],
    sentence: 'concurrency orders work and knows nothing of what the work is.',
  },
  {
    room: 'crypto',
    imports: ['model'],
    sentence: 'crypto knows bytes and keys, and nothing of who uses them.',
  },
  { room: 'chunking', imports: ['model'], sentence: 'chunking is pure: it cuts and assembles bytes.' },
  {
    room: 'store',
    imports: ['model', 'concurrency'],
    sentence: 'store keeps bytes; it meets catalog and replication as contracts of model.',
  },
  {
    room: 'catalog',
    imports: ['model', 'concurrency', 'crypto'],
    sentence: 'catalog keeps records; it meets store and replication as contracts of model.',
  },
  {
    room: 'replication',
    imports: ['model', 'concurrency', 'crypto'],
    sentence: 'replication keeps copies; it meets store and catalog as contracts of model.',
  },
  {
    room: 'drive',
    imports: ['model', 'concurrency', 'crypto', 'chunking'],
    sentence: 'drive asks store, catalog and replication through the contracts of model.',
  },
  {
    room: 'media',
    imports: ['model', 'concurrency'],
    sentence: 'media turns bytes into thumbnails and facts; whose they are is the business of drive.',
  },
  {
    room: 'http',
    imports: ['model', 'concurrency', 'crypto', 'drive'],
    sentence: 'http never sees a chunk or a key: ask the drive.',
  },
  {
    room: 'rescue',
    imports: ['model', 'concurrency', 'crypto', 'store', 'catalog', 'drive'],
    sentence: 'rescue puts store, catalog and drive together without a device; node and cli stand above it.',
  },
  {
    room: 'backup',
    imports: ['model', 'concurrency', 'crypto', 'chunking'],
    sentence:
      'backup saves local folders through the contract of a drive, as its token opens it; adopted files are sealed again.',
  },
  {
    room: 'node',
    imports: [
      'model',
      'concurrency',
      'crypto',
      'chunking',
      'store',
      'catalog',
      'replication',
      'drive',
      'media',
      'http',
      'rescue',
      'backup',
    ],
    sentence: 'node wires the parts together; only the command line stands above it.',
  },
  {
    room: 'single',
    imports: ['model', 'crypto'],
    sentence: 'single unpacks, starts and replaces the program, and knows nothing of what it does.',
  },
  {
    room: 'cli',
    imports: ['model', 'node', 'rescue', 'single'],
    sentence:
      'cli starts a device, talks to one over HTTP, rescues where there is none, or updates the program.',
  },
];

/**
 * The sub-rooms of a big room, from the ground up: a folder may import those named before it, never those
 * after. Files at the root of the room may import every sub-room. A folder within a sub-room has a place of its own
 * where it is named here (`tree/listing`), and else that of the sub-room.
 */
export const subRooms: Readonly<Record<string, readonly string[]>> = {
  store: ['locks', 'files', 'level', 'segments', 'index', 'volumes', 'chunks', 'upkeep'],
  drive: [
    'keys',
    'content',
    'users/quota',
    'users',
    'sharing/grants',
    'tree/listing',
    'tree',
    'sharing/access',
    'versions',
    'folders',
    'uploads',
    'trash',
    'search',
    'photos',
    'sharing',
    'accounts/upkeep',
    'accounts',
  ],
  replication: [
    'placement',
    'database',
    'inventory',
    'peers',
    'transfer',
    'references',
    'verify',
    'upload',
    'repair',
    'surplus',
    'garbage',
    'serving',
  ],
  catalog: [
    'records',
    'rights',
    'state',
    'tree',
    'registers',
    'writing',
    'views',
    'accepting',
    'durability',
    'sync',
  ],
  media: ['facts', 'child', 'films', 'places'],
  http: [
    'limits',
    'requests',
    'replies',
    'content',
    'sessions',
    'events',
    'uploads',
    'pages',
    'openapi',
    'archive',
    'dav',
    's3',
    'routes',
  ],
  node: [
    'network',
    'process',
    'health',
    'wiring',
    'home',
    'machine',
    'volumes',
    'membership',
    'settings',
    'pairing',
    'front',
  ],
  backup: ['source', 'snapshots', 'profiles', 'adopt', 'sync', 'runs'],
  cli: ['terminal', 'client', 'transfer', 'import', 'service', 'doctor', 'commands', 'declare'],
};

/** Arrows that point down and are refused all the same. Names are folders below `src`, or files without `.ts`. */
export interface ForbiddenArrow {
  from: string;
  to: readonly string[];
  sentence: string;
}

/** Signatures and digests of S3's own are checked in its sub-room; keys of chunks and entries stay with the drive. */
function noCrypto(subRoom: string): ForbiddenArrow {
  return {
    from: `http/${subRoom}`,
    to: ['crypto'],
    sentence: 'http never sees a chunk or a key; only s3 uses crypto, for the signatures of its protocol.',
  };
}

export const forbiddenArrows: readonly ForbiddenArrow[] = [
  {
    from: 'drive/folders',
    to: ['drive/uploads', 'drive/trash'],
    sentence: 'folders, uploads and trash stand side by side: what two of them need belongs in tree.',
  },
  {
    from: 'drive/uploads',
    to: ['drive/folders', 'drive/trash'],
    sentence: 'folders, uploads and trash stand side by side: what two of them need belongs in tree.',
  },
  {
    from: 'drive/trash',
    to: ['drive/folders', 'drive/uploads'],
    sentence: 'folders, uploads and trash stand side by side: what two of them need belongs in tree.',
  },
  ...['limits', 'requests', 'replies', 'content', 'sessions', 'events', 'uploads', 'pages'].map(noCrypto),
  ...['openapi', 'archive', 'dav', 'routes'].map(noCrypto),
  {
    from: 'drive/sharing',
    to: ['drive/accounts'],
    sentence: 'sharing works on a drive that is open already; accounts open it.',
  },
  {
    from: 'replication/repair',
    to: ['replication/surplus', 'replication/garbage'],
    sentence: 'repair makes copies; only surplus and garbage delete them.',
  },
  {
    from: 'catalog/rights',
    to: ['catalog/state'],
    sentence: 'rights are computed from records alone, so that every device computes the same.',
  },
  { from: 'catalog/views', to: ['catalog/writing'], sentence: 'a view reads; it never writes a record.' },
  {
    from: 'catalog/sync',
    to: ['catalog/state', 'catalog/registers', 'catalog/writing'],
    sentence: 'sync moves records as bytes; accepting decides what they mean.',
  },
  {
    from: 'node/health',
    to: [
      'node/network',
      'node/process',
      'node/wiring',
      'node/home',
      'node/volumes',
      'node/membership',
      'node/settings',
      'node/pairing',
      'node/front',
    ],
    sentence: 'health is computed from what it is given.',
  },
  {
    from: 'node/network',
    to: [
      'node/process',
      'node/health',
      'node/wiring',
      'node/home',
      'node/volumes',
      'node/membership',
      'node/settings',
      'node/pairing',
      'node/front',
    ],
    sentence: 'network carries frames between devices and knows nothing else of the device.',
  },
];

/** Pure plans: files named `*-plan` of replication import model, placement and other plans only. */
export const planSentence =
  'a plan is a pure function of what it is given: it imports model, placement and other plans only.';

/** The web page: `client` has no DOM and no Preact, `views` never fetch; both know only types of model. */
export const webSentence =
  'the page talks to a device over HTTP: of src it may import only model, and client imports no component.';

/** Words of languages: everything of the page says something, so words know nothing of it. */
export const wordsSentence = 'web/words has what the page says, and knows nothing of who says it.';

/** An outside library, as a pattern of its specifier, and the only places that may import it. */
export interface LibraryRule {
  library: RegExp;
  places: readonly string[];
  sentence: string;
}

/** Built-in modules of Node and packages that are named by no rule may be used everywhere below `src`. */
export const libraryRules: readonly LibraryRule[] = [
  {
    library: /^(level|classic-level)$/,
    places: ['src/store'],
    sentence: 'LevelDB lives in store, behind OrderedStore.',
  },
  {
    library: /^(@noble|@hpke|@scure|@ipld)\/|^node:crypto$/,
    places: ['src/crypto', 'src/store/chunks/chunk-hash.ts', 'src/single/content-hash.ts'],
    sentence:
      'Cryptography and canonical bytes live in crypto; store hashes by itself what it keeps, and what starts the program its files.',
  },
  {
    library: /^@simplewebauthn\//,
    places: ['src/drive/accounts/passkeys'],
    sentence: 'Passkeys are spoken beside the accounts that they open.',
  },
  {
    library: /^(fastify$|@fastify\/|ajv$)/,
    places: ['src/http'],
    sentence: 'Fastify, and what checks requests by their schemas, live in http.',
  },
  {
    library: /^(libp2p$|@libp2p\/|@chainsafe\/|@multiformats\/|bonjour-service$|pino$)/,
    places: ['src/node'],
    sentence: 'libp2p and the log live in node.',
  },
  {
    library: /^(sharp|exifr|libheif-js\/.*|@photostructure\/tz-lookup|@rapideditor\/country-coder)$/,
    places: ['src/media'],
    sentence: 'Foreign pictures are decoded in media, in a process of their own.',
  },
  {
    library: /^thumbhash$/,
    places: ['src/media', 'web/components'],
    sentence: 'Blurred previews are made in media and drawn by the components of the page.',
  },
  {
    library: /^(fflate|fzstd|diff)$/,
    places: ['web/client/preview'],
    sentence: 'Contents are unpacked and compared without a document, where tests reach it.',
  },
  {
    library: /^(marked|highlight\.js|pdfjs-dist)(\/|$)/,
    places: ['web/views/drive/preview'],
    sentence: 'Texts of users are taken apart where they are shown, and nowhere else.',
  },
  {
    library: /^photoswipe/,
    places: ['web/views/photos'],
    sentence: 'The viewer of pictures belongs to the page of photos.',
  },
  {
    library: /^saxes$/,
    places: ['src/http/requests'],
    sentence: 'XML is read in one place, which refuses what expands or never ends.',
  },
  { library: /^commander$/, places: ['src/cli'], sentence: 'Arguments are parsed in cli.' },
  {
    library: /^ignore$/,
    places: ['src/cli/transfer', 'src/backup/source'],
    sentence: 'Patterns of what to leave out are read in the transfers of cli and the source of a backup.',
  },
  {
    library: /^croner$/,
    places: ['src/backup'],
    sentence: 'Schedules live in backup.',
  },
  {
    library: /^(preact(\/|$)|@preact\/(?!signals-core)|lucide$)/,
    places: ['web/components', 'web/views', 'web/main.tsx', 'web/vite.config.ts'],
    sentence: 'Preact draws: it lives in the components and views of web. web/client runs without it.',
  },
];
