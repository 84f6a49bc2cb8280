/** Names of picture codecs of films, as they are called everywhere. */

/** Sample entries of ISO base media files (mp4ra.org). */
const bySampleEntry: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  dvh1: 'hevc',
  dvhe: 'hevc',
  av01: 'av1',
  vp08: 'vp8',
  vp09: 'vp9',
  mp4v: 'mpeg4',
  s263: 'h263',
  jpeg: 'mjpeg',
  mjpa: 'mjpeg',
  mjpb: 'mjpeg',
  apch: 'prores',
  apcn: 'prores',
  apcs: 'prores',
  apco: 'prores',
  ap4h: 'prores',
};

export function codecOfSampleEntry(type: string): string | undefined {
  return bySampleEntry[type];
}

/** Codec ids of Matroska begin like these. */
const byMatroskaId: readonly (readonly [beginning: string, codec: string])[] = [
  ['V_MPEG4/ISO/AVC', 'h264'],
  ['V_MPEGH/ISO/HEVC', 'hevc'],
  ['V_AV1', 'av1'],
  ['V_VP8', 'vp8'],
  ['V_VP9', 'vp9'],
  ['V_MPEG4', 'mpeg4'],
  ['V_MJPEG', 'mjpeg'],
  ['V_PRORES', 'prores'],
];

export function codecOfMatroska(id: string): string | undefined {
  return byMatroskaId.find(([beginning]) => id.startsWith(beginning))?.[1];
}
