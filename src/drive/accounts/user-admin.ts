/** How admins manage users, and how an invited person becomes one. */
import type { KeyedLock } from '../../concurrency/index.ts';
import type { UserAdminView } from '../../model/api.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader, Draft, Signer } from '../../model/contracts/catalog.ts';
import type { UserAdmin } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type UserId, userId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { UserBody } from '../../model/records.ts';
import { firstGeneration, type KdfCost, newBundle, newUserKeys, type UserKeys } from '../keys/user-keys.ts';
import { rootEntry } from '../tree/entry-drafts.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { checkPassword, checkUsername, usersLock } from '../users/account-rules.ts';
import { usersNamed } from '../users/named-users.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import { type Usage, usageOfAll } from '../users/quota/quotas.ts';
import { checkQuota, listInvites, makeInvite, requireInvite, withdrawInvite } from './invites.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface UserAdminParts {
  /** @throws `no-network` */
  requireCatalog(): CatalogAuthor;
  drivesOf(catalog: CatalogAuthor): Promise<NetworkDrives>;
  sessions: LiveSessions;
  /** Held while a user's record is changed. */
  userLocks: KeyedLock;
  passwordQueue: PasswordQueue;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  kdfCost: KdfCost | undefined;
  audit: Audit;
}

type UserChange = Parameters<UserAdmin['changeUser']>[2];

export function createUserAdmin(parts: UserAdminParts): UserAdmin {
  const { requireCatalog, drivesOf, sessions, clock, audit } = parts;

  /** One change at a time: two admins who step down at once would leave none. */
  const writeChange = (admin: Signer, id: UserId, change: UserChange) =>
    parts.userLocks.run([usersLock], async () => {
      const catalog = requireCatalog();
      const before = catalog.get('user', id)?.body;
      if (!before) throw new PeerstorError('not-found', 'There is no such user.');
      const body = changedUser(before, change);
      const losesAdmin = isAdmin(before) && !isAdmin(body);
      if (losesAdmin && !(await hasOtherAdmin(catalog, id))) {
        throw new PeerstorError('conflict', 'This is the last admin: make somebody else one first.');
      }
      await catalog.author([{ table: 'user', id, body }], admin);
      return body;
    });

  return {
    async invite(session, wish) {
      const view = await makeInvite(requireCatalog(), clock, session.adminSigner(), wish);
      const sentence = `An invite for a new ${wish.role} was made.`;
      audit.note({ event: 'user-invited', username: session.user.username, sentence });
      return view;
    },

    async invites(session) {
      session.adminSigner();
      return listInvites(requireCatalog(), clock);
    },

    withdrawInvite: (session, id) => withdrawInvite(requireCatalog(), session.adminSigner(), id),

    async register(invite, username, password) {
      const name = checkUsername(username);
      checkPassword(password);
      const catalog = requireCatalog();
      // Checked before the costly password: somebody without a valid invite must not keep others waiting.
      await requireInvite(catalog, clock, invite);
      const { keys, recoveryCode } = await parts.passwordQueue.run(`invite ${invite}`, () =>
        writeNewUser(parts, catalog, { invite, name, password }),
      );
      audit.note({
        event: 'user-registered',
        username: name,
        sentence: 'A new user registered by an invite.',
      });
      return { session: await sessions.begin(await drivesOf(catalog), keys, firstGeneration), recoveryCode };
    },

    async users(session) {
      session.adminSigner();
      const catalog = requireCatalog();
      const usage = await usageOfAll(catalog);
      const views: UserAdminView[] = [];
      for await (const { id, body } of catalog.list('user')) {
        if (body) views.push(adminView(userId(id), body, usage.get(userId(id)), parts.tunables));
      }
      return views.sort((left, right) => left.username.localeCompare(right.username));
    },

    async changeUser(session, id, change) {
      const body = await writeChange(session.adminSigner(), id, change);
      const sentence = `Changed: ${Object.keys(change).join(', ') || 'nothing'}.`;
      audit.note({ event: 'user-changed', username: body.username, sentence });
      if (body.disabled) await sessions.endAllOf(id);
      return adminView(id, body, (await usageOfAll(requireCatalog())).get(id), parts.tunables);
    },
  };
}

/**
 * Writes the user (signed by the invite's key), their secrets and their drive (signed by their own key) in one
 * batch: a failure leaves the invite unused and the name free. Run one call at a time.
 */
async function writeNewUser(
  { clock, random, kdfCost }: UserAdminParts,
  catalog: CatalogAuthor,
  wish: { invite: string; name: string; password: string },
): Promise<{ keys: UserKeys; recoveryCode: string }> {
  // Checked again: somebody else may have used the invite while this call waited.
  const { key, id: invite, body } = await requireInvite(catalog, clock, wish.invite);
  await requireFreeUsername(catalog, wish.name);
  const { keys, sealingKey } = newUserKeys(random);
  const { bundle, recoveryCode } = await newBundle(keys, wish.password, { sealingKey, cost: kdfCost });
  const { role, quotaBytes } = body;
  const user: UserBody = { username: wish.name, role, sealingKey, disabled: false, quotaBytes, invite };
  const drafts: Draft[] = [
    { table: 'user', id: keys.user, body: user, signer: key },
    { table: 'bundle', id: keys.user, body: bundle },
    rootEntry(keys.root, keys.user, random.bytes(32), keys.rootEntryKey, clock.wallMs()),
  ];
  await catalog.author(drafts, keys.signing);
  return { keys, recoveryCode };
}

/** @throws `name-taken`. Two devices that are not connected may still give one name to two users. */
async function requireFreeUsername(catalog: CatalogReader, name: string): Promise<void> {
  const [user] = await usersNamed(catalog, name);
  if (user) throw new PeerstorError('name-taken', `There is a user named "${user.username}" already.`);
}

function isAdmin({ role, disabled }: UserBody): boolean {
  return role === 'admin' && !disabled;
}

async function hasOtherAdmin(catalog: CatalogReader, than: UserId): Promise<boolean> {
  for await (const { id, body } of catalog.list('user')) {
    if (id !== than && body && isAdmin(body)) return true;
  }
  return false;
}

/** @throws `bad-input` */
function changedUser(before: UserBody, { role, disabled, quotaBytes }: UserChange): UserBody {
  if (role !== undefined && role !== 'admin' && role !== 'member') {
    throw new PeerstorError('bad-input', 'A role is "admin" or "member".');
  }
  if (quotaBytes !== undefined) checkQuota(quotaBytes);
  return {
    ...before,
    ...(role !== undefined && { role }),
    ...(disabled !== undefined && { disabled }),
    // Sessions that end here must not revive if the account is enabled again before their next use.
    ...(disabled === true && !before.disabled && { signOuts: (before.signOuts ?? 0) + 1 }),
    ...(quotaBytes !== undefined && { quotaBytes }),
  };
}

function adminView(
  id: UserId,
  { username, role, disabled, quotaBytes }: UserBody,
  usage: Usage | undefined,
  { copiesWanted }: Tunables,
): UserAdminView {
  const { plainBytes = 0, sealedBytes = 0 } = usage ?? {};
  const stored = { usedBytes: plainBytes, storedBytes: sealedBytes * copiesWanted };
  return { id, username, role, disabled, quotaBytes, ...stored };
}
