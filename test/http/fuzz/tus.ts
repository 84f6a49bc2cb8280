/** Uploads in several requests: offsets, lengths, metadata, joining, the draft of the IETF. */
import type { Aim, Shot } from './shot.ts';
import type { Spoiler } from './spoil.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

export function tusShot(spoiler: Spoiler, { session, uploadId, folderId }: Aim): Shot {
  const isDraft = spoiler.chance(0.3);
  const spoken: Record<string, string> = isDraft
    ? {
        'upload-draft-interop-version': spoiler.chance(0.9) ? spoiler.pick(['5', '6']) : spoiler.header('6'),
        'upload-complete': spoiler.chance(0.9) ? spoiler.pick(['?1', '?0']) : spoiler.header('?1'),
      }
    : { 'tus-resumable': spoiler.chance(0.95) ? '1.0.0' : spoiler.header('1.0.0') };
  const type = isDraft ? 'application/partial-upload' : 'application/offset+octet-stream';
  const body = Buffer.alloc(spoiler.below(40), 65);
  const brings = spoiler.chance(0.6);
  const part = {
    ...(brings ? { 'content-type': spoiler.chance(0.9) ? type : spoiler.header(type) } : {}),
    ...(spoiler.chance(0.1) ? { 'upload-checksum': spoiler.header(`sha1 ${base64('x'.repeat(20))}`) } : {}),
  };
  const bytes = brings ? { body, ...(spoiler.chance(0.1) ? { cutAt: spoiler.below(40) } : {}) } : {};
  const length = () => (spoiler.chance(0.7) ? String(spoiler.below(60)) : spoiler.header('10'));
  if (spoiler.chance(0.5)) {
    const pairs = [`filename ${base64('tus.bin')}`, `parentId ${base64(folderId)}`, `path ${base64('x/y')}`];
    const metadata = spoiler.header(pairs.slice(0, 1 + spoiler.below(3)).join(','));
    const concat = spoiler.pick(['partial', `final;/api/v1/uploads/${uploadId}`, 'final;x y']);
    return {
      method: 'POST',
      path: '/api/v1/uploads',
      headers: {
        ...session,
        ...spoken,
        ...part,
        ...(spoiler.chance(0.9)
          ? { 'upload-length': length() }
          : { 'upload-defer-length': spoiler.header('1') }),
        ...(spoiler.chance(0.9) ? { 'upload-metadata': metadata } : {}),
        ...(spoiler.chance(0.2) ? { 'upload-concat': spoiler.header(concat) } : {}),
      },
      ...bytes,
    };
  }
  const id = spoiler.chance(0.9) ? uploadId : spoiler.address(uploadId);
  return {
    method: spoiler.pick(['PATCH', 'PATCH', 'PATCH', 'HEAD', 'POST', 'OPTIONS']),
    path: `/api/v1/uploads/${id}`,
    headers: {
      ...session,
      ...spoken,
      ...part,
      'upload-offset': spoiler.chance(0.5) ? '0' : length(),
      ...(spoiler.chance(0.1) ? { 'x-http-method-override': spoiler.pick(['PATCH', 'HEAD', 'PUT']) } : {}),
      ...(spoiler.chance(0.1) ? { 'upload-length': length() } : {}),
    },
    ...bytes,
  };
}
