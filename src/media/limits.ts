/** What decoding one content may cost. */

const MiB = 1024 * 1024;

/** Of a picture, which is read whole. A film is looked into, at any size. */
export const imageBytesMax = 128 * MiB;
/** More than any camera makes but stitched panoramas; decoded in strips or shrunk while it is read. */
export const imagePixelsMax = 150_000_000;
/** One read of the child; larger ones are asked for in several. */
export const readBytesMax = 1 * MiB;
/** Of the JavaScript heap of a child. */
export const childHeapMiB = 192;
/** Of the whole child, libvips included: 12 megapixels take some 150 MiB. */
export const childBytesMax = 900 * MiB;
export const childWatchMs = 100;
/** From a question to the next one, or to the result: 100 megapixels take some 5 s on a slow core. */
export const answerWaitMs = 45_000;
/** A child without work. */
export const childIdleMs = 20_000;
/** Everything else goes first, and a busy machine still gets on with it (POSIX: 0 is usual, 19 the lowest). */
export const childPriority = 10;
