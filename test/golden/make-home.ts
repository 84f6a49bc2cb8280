/** Makes a golden home, once for each format: `npm run build && node test/golden/make-home.ts FOLDER`. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceProcess } from '../cluster/device-process.ts';

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('Name the folder that is made.');

const device = await DeviceProcess.start({ name: 'golden' });
const { recoveryCode } = await device.setup();
await device.put('/folder/größe.txt', Buffer.from('kept for ever'));
await device.put('/several.txt', Buffer.from('chunk '.repeat(10_000)));
await device.stop();
await mkdir(target, { recursive: true });
await cp(device.home, join(target, 'home'), { recursive: true });
const config = join(target, 'home', 'config.json');
await writeFile(config, (await readFile(config, 'utf8')).replaceAll(device.home, 'HOME'));
for (const name of ['catalog', 'index'])
  for (const own of ['LOG', 'LOCK']) await rm(join(target, 'home/db', name, own), { force: true });
await writeFile(join(target, 'words.txt'), `${recoveryCode}\n`);
await device.remove();
