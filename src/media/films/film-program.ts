/** Posters and renditions of films, by ffmpeg. */
import type { Random } from '../../model/clock.ts';
import type { MediaContent } from '../../model/contracts/media/media-maker.ts';
import { type Ffmpeg, FfmpegFailed, runFfmpeg } from './ffmpeg.ts';
import { serveContent } from './range-server.ts';

/** Longest edge of a poster, that of the largest thumbnail. */
const posterEdge = 2160;
const posterBytesMax = 16 * 1024 * 1024;
const posterSeconds = 60;
/** Where films begin in black. */
const posterAtSeconds = 1;
/** Shorter edge of a rendition. */
const renditionEdge = 720;
/** Processor seconds for each second of a film, and in all: a slow core makes 720p at half of its speed. */
const renditionSecondsPerSecond = 30;
const renditionSecondsMin = 600;

/**
 * What it may read: a list on its standard input that names one address, and there a film. Demuxers that read other files or addresses are closed,
 * and so are codecs that no camera writes.
 */
const opening = [
  ...['-hide_banner', '-loglevel', 'error', '-nostats'],
  ...['-protocol_whitelist', 'pipe,http,tcp', '-format_whitelist', 'concat,mov,mp4,matroska,webm'],
  ...['-f', 'concat', '-safe', '0'],
];

/**
 * @returns a JPEG
 * @throws `FfmpegFailed` for what it cannot decode; what `content.read` throws; the signal's reason
 */
export async function posterOf(
  ffmpeg: Ffmpeg,
  content: MediaContent,
  film: { durationSeconds?: number },
  { random, signal }: { random: Random; signal: AbortSignal },
): Promise<Uint8Array> {
  const { durationSeconds = 0 } = film;
  const at = Math.min(posterAtSeconds, durationSeconds / 3);
  const scale = `scale='min(${posterEdge},iw)':'min(${posterEdge},ih)':force_original_aspect_ratio=decrease`;
  const args = [
    ...['-threads', '1', ...opening, '-i', 'pipe:0', '-map', '0:v:0', '-frames:v', '1'],
    ...['-vf', scale, '-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', '3', '-strict', 'unofficial', 'pipe:1'],
  ];
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of run(ffmpeg, content, {
    args,
    from: at,
    seconds: posterSeconds,
    random,
    signal,
  })) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > posterBytesMax) throw new FfmpegFailed('The picture is too large.');
  }
  if (bytes === 0) throw new FfmpegFailed('There is no picture in it.');
  return Buffer.concat(pieces);
}

/**
 * H.264 of at most 720 lines with AAC, as MP4 in fragments, which every browser plays.
 * @throws as `posterOf`
 */
export function renditionOf(
  ffmpeg: Ffmpeg,
  content: MediaContent,
  film: { durationSeconds?: number },
  given: { random: Random; signal: AbortSignal; onProgress?(share: number): void },
): AsyncGenerator<Uint8Array> {
  const { durationSeconds = 0 } = film;
  const isWide = 'gt(iw,ih)';
  const edge = (side: string) => `trunc(min(${renditionEdge},${side})/2)*2`;
  const scale = `scale=w='if(${isWide},-2,${edge('iw')})':h='if(${isWide},${edge('ih')},-2)'`;
  const args = [
    ...['-threads', '1', ...opening, '-i', 'pipe:0', '-map', '0:v:0', '-map', '0:a:0?', '-sn', '-dn'],
    ...['-map_metadata', '-1', '-vf', scale, '-c:v', 'libx264', '-threads', '1', '-preset', 'veryfast'],
    ...['-crf', '23', '-maxrate', '4M', '-bufsize', '8M', '-pix_fmt', 'yuv420p', '-g', '60'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-movflags', 'frag_keyframe+empty_moov+default_base_moof'],
    ...['-progress', 'pipe:3', '-f', 'mp4', 'pipe:1'],
  ];
  const seconds = Math.max(renditionSecondsMin, Math.ceil(durationSeconds * renditionSecondsPerSecond));
  const { onProgress } = given;
  const smaller = run(ffmpeg, content, {
    args,
    seconds,
    ...given,
    onProgress: (done) => durationSeconds > 0 && onProgress?.(Math.min(1, done / durationSeconds)),
  });
  return withDuration(smaller, durationSeconds);
}

/** Of `ftyp` and `moov` together, as ffmpeg writes them here. */
const headBytesMax = 64 * 1024;

/**
 * Writes into the head of a film how long it is: an MP4 in fragments is written before that is known, and a page would show it as growing.
 */
async function* withDuration(
  pieces: AsyncIterable<Uint8Array>,
  durationSeconds: number,
): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  let isPassed = durationSeconds <= 0;
  for await (const piece of pieces) {
    if (isPassed) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    const header = head.indexOf('mvhd');
    if (header < 0 ? head.length < headBytesMax : head.length < header + 24) continue;
    // Version 0: two times, the time scale and the duration, 32 bits each (ISO/IEC 14496-12, section 8.2.2).
    if (header >= 0 && head[header + 4] === 0) {
      const ticks = Math.round(durationSeconds * head.readUInt32BE(header + 16));
      head.writeUInt32BE(Math.min(ticks, 0xfffffffe), header + 20);
    }
    isPassed = true;
    yield head;
  }
  if (!isPassed) yield head;
}

async function* run(
  ffmpeg: Ffmpeg,
  content: MediaContent,
  {
    random,
    from = 0,
    ...wish
  }: {
    args: readonly string[];
    /** Seconds into the film. */
    from?: number;
    seconds: number;
    random: Random;
    signal: AbortSignal;
    onProgress?(seconds: number): void;
  },
): AsyncGenerator<Uint8Array> {
  const served = await serveContent(content, random, wish.signal);
  try {
    // The address goes by the pipe, because other users of the machine can list arguments.
    const start = from > 0 ? `inpoint ${from.toFixed(2)}\n` : '';
    const input = `ffconcat version 1.0\nfile '${served.address}'\n${start}`;
    yield* runFfmpeg(ffmpeg, { ...wish, input });
    if (served.fault) throw served.fault;
  } catch (error) {
    // A device that is off is no property of the film.
    throw served.fault ?? error;
  } finally {
    served.close();
  }
}
