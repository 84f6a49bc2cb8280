import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { Gallery } from '../../../web/client/photos/gallery.ts';

describe('the gallery of the photos page', () => {
  it('gives everybody who asks for a month the same answer, and asks the device once', async () => {
    const answer = Promise.withResolvers<PhotoView[]>();
    let asked = 0;
    const gallery = new Gallery(async () => ({
      sections: [{ key: '2026-07', title: 'July 2026', ratios: Float32Array.of(1.5) }],
      loadMonth: () => {
        asked += 1;
        return answer.promise;
      },
    }));
    await gallery.load();
    const first = gallery.want('2026-07');
    const second = gallery.want('2026-07');
    const photo = { id: 'a'.repeat(32), ratio: 1.5 } as PhotoView;
    answer.resolve([photo]);
    assert.deepEqual(await Promise.all([first, second]), [[photo], [photo]]);
    assert.deepEqual(await gallery.want('2026-07'), [photo]);
    assert.equal(asked, 1);
  });
});
