/**
 * node scripts/sign-release.ts FOLDER --version VERSION --key FILE: signs the programs peerstor-VERSION-SYSTEM of a folder as a release, which
 * `peerstor update --from` then takes. FILE has the 64 hex digits of an Ed25519 seed; "new" in place of it prints a fresh pair.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newSigningKey, signingKeyFromSeed } from '../src/crypto/index.ts';
import { protocolRange } from '../src/model/contracts/transport.ts';
import { fromHex, toHex } from '../src/model/ids.ts';
import { releaseFile, signRelease } from '../src/single/release.ts';

const { values, positionals } = parseArgs({
  options: { version: { type: 'string' }, key: { type: 'string' } },
  allowPositionals: true,
});
const [folder = '.'] = positionals;
const { version = '', key = '' } = values;
if (key === 'new') {
  const fresh = newSigningKey();
  console.log(`secret, for --key FILE:    ${toHex(fresh.seed)}`);
  console.log(`public, for --release-key: ${fresh.principal}`);
  process.exit(0);
}
const head = `peerstor-${version}-`;
const programs = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.startsWith(head) && /-(linux|darwin|win32)-\w+(\.exe)?$/.test(file))
    .map((file) => {
      const content = readFileSync(join(folder, file));
      const sha256 = createHash('sha256').update(content).digest('hex');
      return [file.slice(head.length).replace(/\.exe$/, ''), { file, bytes: content.length, sha256 }];
    }),
);
if (Object.keys(programs).length === 0) throw new Error(`There is no ${head}… in ${folder}.`);
const text = signRelease(
  { version, wire: protocolRange, programs },
  signingKeyFromSeed(fromHex(readFileSync(key, 'utf8').trim())),
);
writeFileSync(join(folder, releaseFile), text);
console.log(join(folder, releaseFile));
