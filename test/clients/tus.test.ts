/** tus-js-client against a real device: cuts anywhere, and a device that is killed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Upload, type UploadOptions } from 'tus-js-client';
import type { UploadView } from '../../src/model/contracts/uploads.ts';
import { DeviceProcess, hashOf, randomStream } from '../cluster/device-process.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { TcpProxy, Wire } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe(`tus-js-client (PEERSTOR_TEST_SEED=${freshSeed})`, { timeout: 600_000 }, () => {
  let device: DeviceProcess;
  let proxy: TcpProxy;
  before(async () => {
    device = await DeviceProcess.start({ name: 'nas' });
    await device.setup();
    proxy = await TcpProxy.open({ host: '127.0.0.1', port: device.ready.port });
  });
  after(async () => {
    await proxy?.close();
    await device?.remove();
  });

  /** Resolves with the address of the upload. */
  const send = (
    content: Buffer,
    name: string,
    options: Partial<UploadOptions> & { protocol?: string } = {},
  ) =>
    new Promise<{ url: string; entry: string; offsets: number[] }>((resolve, reject) => {
      const offsets: number[] = [];
      let entry = '';
      const upload = new Upload(content, {
        endpoint: `http://127.0.0.1:${proxy.port}/api/v1/uploads`,
        headers: { ...device.session },
        metadata: { filename: name },
        // As many as there are cuts, and time for a device to start again.
        retryDelays: Array.from({ length: 200 }, () => 100),
        onAfterResponse: (request, response) => {
          if (request.getMethod() === 'PATCH') offsets.push(Number(request.getHeader('Upload-Offset')));
          entry = response.getHeader('Peerstor-Entry') ?? entry;
        },
        onError: reject,
        onSuccess: () => resolve({ url: upload.url ?? '', entry, offsets }),
        ...options,
      });
      upload.start();
    });

  const isWhole = async (name: string, seed: string, bytes: number) => {
    const { sha256, size } = await device.hashAt(`/${name}`);
    assert.deepEqual([sha256, size], [await hashOf(randomStream(bytes, seed)), bytes]);
  };

  it('sends a file in one request, and in parts of any length', async () => {
    const content = await bytesOf(randomStream(5 * MiB, 'parts'));
    const whole = await send(content, 'whole.bin');
    assert.match(whole.entry, /^[0-9a-f]{32}$/);
    await send(content, 'parts.bin', { chunkSize: 700_001 });
    await send(content, 'first.bin', { chunkSize: MiB, uploadDataDuringCreation: true });
    await send(content, 'late.bin', { chunkSize: MiB, uploadLengthDeferred: true });
    await send(Buffer.alloc(0), 'empty.bin');
    for (const name of ['whole.bin', 'parts.bin', 'first.bin', 'late.bin'])
      await isWhole(name, 'parts', 5 * MiB);
    assert.equal((await device.entryAt('/empty.bin')).size, 0);
  });

  it('sends a file as several at once that are joined, and by the draft of the IETF', async () => {
    const content = await bytesOf(randomStream(5 * MiB, 'parts'));
    await send(content, 'joined.bin', { parallelUploads: 3 });
    await isWhole('joined.bin', 'parts', 5 * MiB);
    for (const protocol of ['ietf-draft-03', 'ietf-draft-05'] as const) {
      for (const uploadDataDuringCreation of [false, true]) {
        const name = `${protocol}-${uploadDataDuringCreation}.bin`;
        await send(content, name, { protocol, uploadDataDuringCreation, chunkSize: 2 * MiB });
        await isWhole(name, 'parts', 5 * MiB);
      }
    }
    const wire = new Wire();
    wire.bytesPerSecond = 24 * MiB;
    proxy.share('there', wire);
    const looked = until('half of it was sent', () => wire.carriedBytes > 2 * MiB).then(() => proxy.cut());
    const { offsets } = await send(content, 'cut-draft.bin', { protocol: 'ietf-draft-05' });
    await looked;
    wire.bytesPerSecond = Number.POSITIVE_INFINITY;
    await isWhole('cut-draft.bin', 'parts', 5 * MiB);
    assert.ok((offsets.at(-1) ?? 0) > 0, `it went on at ${offsets.at(-1)}`);
  });

  it('goes on where it was after each of 20 cuts at random offsets', async () => {
    const bytes = 24 * MiB;
    const content = await bytesOf(randomStream(bytes, 'cuts'));
    const random = seededRandom(freshSeed);
    const cuts = Array.from({ length: 20 }, () => random.next() * 0.9 * bytes).sort((a, b) => a - b);
    const wire = new Wire();
    // Slow enough for a cut to fall into the middle.
    wire.bytesPerSecond = 24 * MiB;
    proxy.share('there', wire);
    let done = 0;
    const look = setInterval(() => {
      if (wire.carriedBytes < (cuts[done] ?? Number.POSITIVE_INFINITY)) return;
      done += 1;
      proxy.cut();
    }, 2);
    await send(content, 'cuts.bin').finally(() => clearInterval(look));
    wire.bytesPerSecond = Number.POSITIVE_INFINITY;
    assert.equal(done, 20, 'every cut was made');
    await isWhole('cuts.bin', 'cuts', bytes);
  });

  it('goes on after the device was killed, and sends less than all of it again', async () => {
    const bytes = 48 * MiB;
    const content = await bytesOf(randomStream(bytes, 'killed'));
    proxy.setRate(32 * MiB);
    let killed: Promise<unknown> | undefined;
    const { offsets } = await send(content, 'killed.bin', {
      onProgress: (sent) => {
        if (killed || sent < 32 * MiB) return;
        killed = device.stop('SIGKILL').then(() => device.start());
      },
    });
    await killed;
    proxy.setRate(Number.POSITIVE_INFINITY);
    await isWhole('killed.bin', 'killed', bytes);
    assert.ok((offsets.at(-1) ?? 0) > 8 * MiB, `it went on at ${offsets.at(-1)}`);
  });

  it('lists an upload that it paused, and forgets one that it ends', async () => {
    const content = await bytesOf(randomStream(3 * MiB, 'ended'));
    const url = await new Promise<string>((resolve, reject) => {
      const upload = new Upload(content, {
        endpoint: `http://127.0.0.1:${proxy.port}/api/v1/uploads`,
        headers: { ...device.session },
        metadata: { filename: 'ended.bin' },
        chunkSize: MiB,
        onChunkComplete: () => {
          upload.abort().then(() => resolve(upload.url ?? ''), reject);
        },
        onError: reject,
      });
      upload.start();
    });
    const list = async () => (await device.must<{ items: UploadView[] }>('GET', '/api/v1/uploads')).items;
    const [item, ...others] = await list();
    assert.deepEqual([item?.name, item?.size, others.length], ['ended.bin', 3 * MiB, 0]);
    assert.ok((item?.offset ?? 0) >= MiB);
    await Upload.terminate(url, { headers: { ...device.session } });
    assert.deepEqual(await list(), []);
  });
});
