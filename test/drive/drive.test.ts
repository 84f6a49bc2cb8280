import { entryId } from '../../src/model/ids.ts';
import { driveContract } from '../contract/drive.contract.ts';
import { FakeDrive } from '../support/fake-drive.ts';
import { scopedDrive } from '../support/fake-sharing.ts';
import { addUser, createHome } from './world.ts';

driveContract("an owner's drive", async () => {
  const { drive, device, session } = await createHome();
  const stop = async () => device.accounts.logout(session.secret);
  return { drive, isOwners: true, mayMark: true, stop };
});

/** A drive whose root is a folder that was shared; what has no path in the own drive starts there. */
driveContract('a drive by a token that may edit', async () => {
  const { drive, device, session, root } = await createHome();
  const folder = entryId((await drive.createFolder(root, 'Shared')).id);
  const wish = { name: 'program', rights: 'edit' as const, entryId: folder, expiresAtMs: null };
  const { token = '' } = await session.sharing.createToken(wish);
  const program = await device.accounts.resume(token);
  if (!program) throw new Error('The token opens nothing.');
  return { drive: program.drive, isOwners: false, mayMark: true };
});

driveContract('a drive by a link that may edit', async () => {
  const { drive, device, session, root } = await createHome();
  const folder = entryId((await drive.createFolder(root, 'Shared')).id);
  const { url } = await session.sharing.createLink({ entryId: folder, rights: 'edit' });
  const guest = await device.accounts.openLink(url.slice('/s/'.length), undefined, 'here');
  return { drive: guest.drive, isOwners: false, mayMark: false };
});

driveContract('the drive of a user who has folders of others too', async () => {
  const { device, session, drive, root } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  await session.sharing.shareWith(entryId((await drive.createFolder(root, 'Shared')).id), 'Bob', 'edit');
  return { drive: bob.drive, isOwners: true, mayMark: true };
});

driveContract('the fake drive', async () => ({ drive: new FakeDrive(), isOwners: true, mayMark: true }));

driveContract('the fake drive by a token that may edit', async () => {
  const whole = new FakeDrive();
  const { id } = await whole.createFolder(entryId((await whole.root()).id), 'Shared');
  const drive = scopedDrive(whole, entryId(id), { rights: 'edit', kind: 'token' });
  return { drive, isOwners: false, mayMark: true };
});
