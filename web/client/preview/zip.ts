/**
 * What is inside of a ZIP file, read by ranges: of a large one only its end and what is opened. As APPNOTE 6.3.10
 * says (PKWARE), with ZIP64; encrypted files and other methods than stored and deflated are listed, not opened.
 */

import { t } from '../../words/words.ts';
import type { Source } from './content.ts';
import { inflate } from './unpack.ts';

export interface ZipFile {
  /** With slashes, as it is written; a folder ends in one. */
  path: string;
  /** Bytes when unpacked, as the file says. */
  size: number;
  packedSize: number;
  method: number;
  encrypted: boolean;
  /** Of its own header. */
  offset: number;
}

export interface ZipListing {
  files: ZipFile[];
  /** There are more. */
  isCut: boolean;
}

const [endSignature, end64Signature, locatorSignature] = [0x06054b50, 0x06064b50, 0x07064b50];
const [fileSignature, headerSignature] = [0x02014b50, 0x04034b50];
const [endBytes, commentBytesMax, locatorBytes, end64Bytes] = [22, 65_535, 20, 56];
const [directoryBytesMax, filesMax] = [8_000_000, 10_000];

/** @throws Error that says why it cannot be listed */
export async function listZip(source: Source, signal: AbortSignal): Promise<ZipListing> {
  const tailFrom = Math.max(0, source.size - endBytes - commentBytesMax - locatorBytes);
  const tail = await source.read(tailFrom, source.size, signal);
  const { offset, size } = await directoryIn(source, tail, tailFrom, signal);
  const bytes = await source.read(offset, offset + Math.min(size, directoryBytesMax), signal);
  return readDirectory(bytes, size > directoryBytesMax);
}

async function directoryIn(
  source: Source,
  tail: Uint8Array,
  tailFrom: number,
  signal: AbortSignal,
): Promise<{ offset: number; size: number }> {
  const view = viewOf(tail);
  let at = tail.length - endBytes;
  while (at >= 0 && view.getUint32(at, true) !== endSignature) at--;
  if (at < 0) throw new Error(t('This is no whole ZIP file: its end is missing.'));
  const found = { size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
  const hasLocator = at >= locatorBytes && view.getUint32(at - locatorBytes, true) === locatorSignature;
  if (!hasLocator) return found;
  const end64At = Number(view.getBigUint64(at - locatorBytes + 8, true));
  const bytes =
    end64At >= tailFrom && end64At + end64Bytes <= tailFrom + tail.length
      ? tail.subarray(end64At - tailFrom)
      : await source.read(end64At, end64At + end64Bytes, signal);
  const end64 = viewOf(bytes);
  if (bytes.length < end64Bytes || end64.getUint32(0, true) !== end64Signature) throw damaged();
  return { size: Number(end64.getBigUint64(40, true)), offset: Number(end64.getBigUint64(48, true)) };
}

function readDirectory(bytes: Uint8Array, isDirectoryCut: boolean): ZipListing {
  const view = viewOf(bytes);
  const files: ZipFile[] = [];
  let at = 0;
  while (at + 46 <= bytes.length && view.getUint32(at, true) === fileSignature) {
    if (files.length === filesMax) return { files, isCut: true };
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > bytes.length) break;
    const flags = view.getUint16(at + 8, true);
    const file = {
      path: nameOf(bytes.subarray(at + 46, nameEnd), (flags & 0x800) !== 0),
      method: view.getUint16(at + 10, true),
      encrypted: (flags & 1) !== 0,
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    files.push(withLargeSizes(file, bytes.subarray(nameEnd, extraEnd)));
    at = extraEnd + view.getUint16(at + 32, true);
  }
  if (files.length === 0 && bytes.length > 0) throw damaged();
  return { files, isCut: isDirectoryCut };
}

const full = 0xffffffff;

/** Sizes that do not fit into 32 bits stand in a further field, those that fit do not. */
function withLargeSizes(file: ZipFile, extra: Uint8Array): ZipFile {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let from = at + 4;
      const end = Math.min(extra.length, from + length);
      const next = (short: number) => {
        if (short !== full || from + 8 > end) return short;
        from += 8;
        return Number(view.getBigUint64(from - 8, true));
      };
      const size = next(file.size);
      const packedSize = next(file.packedSize);
      return { ...file, size, packedSize, offset: next(file.offset) };
    }
    at += 4 + length;
  }
  return file;
}

/** So much of a file inside is unpacked. */
export const insideBytesMax = 20_000_000;

/** @returns the content of one file inside, as much of it as is shown; @throws Error that says why it cannot be opened */
export async function readInside(source: Source, file: ZipFile, signal: AbortSignal) {
  if (file.encrypted)
    throw new Error(t('This file is encrypted with a password. Download the ZIP file to open it.'));
  if (file.method !== 0 && file.method !== 8) {
    throw new Error(
      t('This file is packed in a way that cannot be shown here. Download the ZIP file to open it.'),
    );
  }
  const head = await source.read(file.offset, file.offset + 30, signal);
  const view = viewOf(head);
  if (head.length < 30 || view.getUint32(0, true) !== headerSignature) throw damaged();
  const from = file.offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const wanted = Math.min(file.packedSize, insideBytesMax);
  const packed = await source.read(from, from + wanted, signal);
  const isWhole = wanted === file.packedSize;
  if (file.method === 0) return { bytes: packed, isCut: !isWhole };
  return inflate(packed, isWhole, insideBytesMax);
}

/** Old programs write names in the letters of their system; most of these are Latin. */
function nameOf(bytes: Uint8Array, isUtf8: boolean): string {
  const strict = new TextDecoder('utf-8', { fatal: !isUtf8 });
  try {
    return strict.decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(): Error {
  return new Error(t('This ZIP file is damaged: its list of files cannot be read.'));
}
