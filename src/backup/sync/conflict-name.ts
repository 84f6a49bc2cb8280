/** The name of the local file that lost: `plan (conflict laptop 2026-11-30 10.15).txt`, in the same folder. */
import { nameBytesMax } from '../../model/limits.ts';

/** @param number of the conflict of that minute, from 1 */
export function conflictPath(path: string, device: string, nowMs: number, number = 1): string {
  const date = new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ').replace(':', '.');
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const name = path.slice(parent.length);
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const mark = ` (conflict ${device.replace(/[/\\:\p{Cc}]/gu, '_').slice(0, 40)} ${date}${number > 1 ? ` ${number}` : ''})`;
  const room = nameBytesMax - Buffer.byteLength(mark) - Buffer.byteLength(ending);
  let kept = '';
  for (const letter of stem) {
    if (Buffer.byteLength(kept + letter) > room) break;
    kept += letter;
  }
  return `${parent}${kept}${mark}${ending}`;
}
