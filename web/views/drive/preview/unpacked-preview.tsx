import { previewOf } from '../../../client/drive/file-kinds.ts';
import type { Source } from '../../../client/preview/content.ts';
import { gunzip, unzstd } from '../../../client/preview/unpack.ts';
import { useQuery } from '../../use-query.ts';
import { Inside, type Show } from './inside.tsx';

/** So much is read, and so much of what it becomes is shown. */
const [packedBytesMax, bytesMax] = [4_000_000, 4_000_000];

/** A compressed file (`.gz`, `.zst`), as the file that is in it. */
export function UnpackedPreview({ source, show }: { source: Source; show: Show }) {
  const inner = source.name.replace(/\.(gz|zst)$/i, '');
  const { answer, error } = useQuery(
    async (signal) => {
      const packed = await source.read(0, packedBytesMax, signal);
      const unpack = /\.gz$/i.test(source.name) ? gunzip : unzstd;
      return unpack(packed, packed.length === source.size, bytesMax);
    },
    [source.key],
  );
  // Without an ending that says what it is, it is shown as text.
  const name = previewOf({ name: inner, mime: null }) === 'none' ? `${inner}.txt` : inner;
  return <Inside name={name} outside={source} bytes={answer} error={error} show={show} />;
}
