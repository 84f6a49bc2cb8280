/** Programs that speak S3, against a real device. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { skipWithout } from '../support/programs.ts';
import { digestsOf, oddNames, writeTree } from './files.ts';
import { type Mount, startMount } from './mount.ts';

/** @param files how many small files rclone copies, and restic backs up */
export function describeS3Programs(files: { copied: number; saved: number }): void {
  describe('programs that speak S3', { timeout: 900_000 }, () => {
    let mount: Mount;
    let endpoint = '';
    before(async () => {
      mount = await startMount('s3');
      endpoint = `http://${mount.device.address}/s3`;
    });
    after(() => mount?.stop());

    it(`rclone copies ${files.copied} files, odd names and a file in parts, checks them, moves, and purges`, {
      skip: skipWithout('rclone'),
    }, async () => {
      const config = join(mount.folder, 'rclone.conf');
      const lines = [
        '[s]',
        'type = s3',
        'provider = Other',
        `endpoint = ${endpoint}`,
        `access_key_id = ${mount.token.accessKeyId}`,
        `secret_access_key = ${mount.token.token}`,
        'force_path_style = true',
        // The file of 7 MB goes in two parts.
        'upload_cutoff = 5Mi',
        'chunk_size = 5Mi',
        '',
      ];
      await writeFile(config, lines.join('\n'));
      const rclone = async (...args: string[]) => {
        const { code, text } = await mount.run('rclone', ['--config', config, '--stats', '0', ...args]);
        assert.equal(code, 0, `rclone ${args.join(' ')}: ${text}`);
        return text;
      };
      const source = join(mount.folder, 'source');
      await mkdir(source);
      await writeTree(source, files.copied);
      await rclone('copy', source, 's:rclone/dir', '--transfers', '8');
      await rclone('check', source, 's:rclone/dir');
      await rclone('check', source, 's:rclone/dir', '--download');
      await rclone('copy', 's:rclone/dir', join(mount.folder, 'back'));
      assert.deepEqual(await digestsOf(join(mount.folder, 'back')), await digestsOf(source));
      const { mtimeMs } = await stat(join(mount.folder, 'back/large.bin'));
      assert.equal(Math.round(mtimeMs), Date.parse('2015-06-07T08:09:10.123Z'));
      const shown = await mount.device.entryAt('/rclone/dir/large.bin');
      assert.equal(shown.modifiedAt, '2015-06-07T08:09:10.123Z');
      assert.match(await rclone('copy', source, 's:rclone/dir', '-v'), /nothing to transfer/);
      await rclone('moveto', 's:rclone/dir/odd', 's:rclone/moved');
      assert.equal(
        JSON.parse(await rclone('size', 's:rclone', '--json')).count,
        files.copied + oddNames.length + 1,
      );
      await rclone('purge', 's:rclone');
      assert.doesNotMatch(await rclone('lsd', 's:'), /rclone/);
    });

    it('restic makes a repository, backs up, checks every byte, restores and prunes, over a restart of the device', {
      skip: skipWithout('restic'),
    }, async () => {
      await mount.device.must('POST', '/api/v1/entries', {
        json: { parentId: 'root', name: 'restic', kind: 'folder' },
      });
      const restic = async (...args: string[]) => {
        const env = {
          // It takes no path in front of the bucket.
          RESTIC_REPOSITORY: `s3:http://${mount.device.address}/restic/laptop`,
          RESTIC_PASSWORD: 'only restic knows this',
          AWS_ACCESS_KEY_ID: mount.token.accessKeyId ?? '',
          AWS_SECRET_ACCESS_KEY: mount.token.token,
          RESTIC_CACHE_DIR: join(mount.folder, 'restic-cache'),
        };
        const { code, text } = await mount.run('restic', args, { env });
        assert.equal(code, 0, `restic ${args.join(' ')}: ${text}`);
        return text;
      };
      const data = join(mount.folder, 'data');
      await mkdir(data);
      await writeTree(data, files.saved);
      await restic('init');
      await restic('backup', data);
      await mount.device.stop();
      await mount.device.start();
      await mount.device.login();
      await restic('check', '--read-data');
      await rm(join(data, 'many'), { recursive: true });
      await restic('backup', data);
      const restored = join(mount.folder, 'restored');
      await restic('restore', 'latest', '--target', restored);
      assert.deepEqual(await digestsOf(join(restored, data)), await digestsOf(data));
      await restic('forget', '--keep-last', '1', '--prune');
      await restic('check', '--read-data');
    });

    it('the SDK of AWS stores texts and streams, in one request and in parts, lists page after page, and deletes', async () => {
      const client = new S3Client({
        endpoint,
        region: 'eu-home-1',
        forcePathStyle: true,
        credentials: { accessKeyId: mount.token.accessKeyId ?? '', secretAccessKey: mount.token.token },
      });
      const Bucket = 'sdk-bucket';
      await client.send(new CreateBucketCommand({ Bucket }));
      await client.send(
        new PutObjectCommand({ Bucket, Key: 'ä text.txt', Body: 'text', Metadata: { a: '1' } }),
      );
      const large = Buffer.alloc(3_000_000, 'stream');
      const stream = { Body: Readable.from([large]), ContentLength: large.length };
      await client.send(new PutObjectCommand({ Bucket, Key: 'dir/stream.bin', ...stream }));
      const got = await client.send(new GetObjectCommand({ Bucket, Key: 'dir/stream.bin' }));
      assert.ok(large.equals((await got.Body?.transformToByteArray()) ?? new Uint8Array(0)));
      const Key = 'dir/parts.bin';
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const Parts = [];
      for (const PartNumber of [1, 2, 3]) {
        const part = { Bucket, Key, UploadId, PartNumber, Body: Buffer.alloc(1_000_000, `${PartNumber}`) };
        const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand(part));
        Parts.push({ PartNumber, ETag, ChecksumCRC32 });
      }
      await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
      const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
      assert.equal(head.ContentLength, 3_000_000);
      const keys: (string | undefined)[] = [];
      for await (const page of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket })) {
        keys.push(...(page.Contents ?? []).map((object) => object.Key));
      }
      assert.deepEqual(keys, ['dir/parts.bin', 'dir/stream.bin', 'ä text.txt']);
      const CopySource = encodeURI(`${Bucket}/ä text.txt`);
      await client.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource }));
      assert.deepEqual((await client.send(new HeadObjectCommand({ Bucket, Key: 'copied' }))).Metadata, {
        a: '1',
      });
      await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: 'none' })), NoSuchKey);
      const Objects = [...keys, 'copied'].map((each) => ({ Key: each }));
      const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      assert.equal(Deleted?.length, 4);
      await client.send(new DeleteBucketCommand({ Bucket }));
      client.destroy();
    });

    it('the command line of AWS copies a file in parts, moves it, and removes its bucket', {
      skip: skipWithout('aws'),
    }, async () => {
      const aws = async (...args: string[]) => {
        const env = {
          AWS_ACCESS_KEY_ID: mount.token.accessKeyId ?? '',
          AWS_SECRET_ACCESS_KEY: mount.token.token,
          AWS_DEFAULT_REGION: 'eu-home-1',
        };
        const { code, text } = await mount.run('aws', ['--endpoint-url', endpoint, ...args], { env });
        assert.equal(code, 0, `aws ${args.join(' ')}: ${text}`);
        return text;
      };
      const path = join(mount.folder, 'aws.bin');
      await writeFile(path, Buffer.alloc(20_000_000, 'parts'));
      await aws('s3', 'mb', 's3://aws-bucket');
      await aws('s3', 'cp', path, 's3://aws-bucket/dir/aws.bin', '--no-progress');
      await aws('s3', 'mv', 's3://aws-bucket/dir/aws.bin', 's3://aws-bucket/moved.bin', '--no-progress');
      await aws('s3', 'cp', 's3://aws-bucket/moved.bin', `${path}.back`, '--no-progress');
      assert.ok((await readFile(`${path}.back`)).equals(await readFile(path)));
      await aws('s3', 'rb', '--force', 's3://aws-bucket');
    });

    it('s3cmd puts, lists, gets and deletes', { skip: skipWithout('s3cmd') }, async () => {
      const s3cmd = async (...args: string[]) => {
        const { address } = mount.device;
        const given = [
          `--access_key=${mount.token.accessKeyId}`,
          `--secret_key=${mount.token.token}`,
          `--host=${address}`,
          `--host-bucket=${address}`,
          '--no-ssl',
          '--region=eu-home-1',
        ];
        const { code, text } = await mount.run('s3cmd', [...given, ...args]);
        assert.equal(code, 0, `s3cmd ${args.join(' ')}: ${text}`);
        return text;
      };
      const path = join(mount.folder, 'one file.txt');
      await writeFile(path, 'from s3cmd');
      await s3cmd('mb', 's3://cmd');
      await s3cmd('put', path, 's3://cmd/dir/one file.txt');
      assert.match(await s3cmd('ls', '-r', 's3://cmd'), /one file\.txt/);
      await s3cmd('get', 's3://cmd/dir/one file.txt', join(mount.folder, 'back.txt'));
      assert.equal(await readFile(join(mount.folder, 'back.txt'), 'utf8'), 'from s3cmd');
      await s3cmd('rm', 's3://cmd/dir/one file.txt');
      await s3cmd('rb', 's3://cmd');
    });
  });
}
