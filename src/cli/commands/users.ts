/** invite, invites, uninvite, users, user set: how an admin manages users. */
import type { InviteView, Page, UserAdminView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { foldName } from '../../model/fold-name.ts';
import { parseSize } from '../../node/index.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { expiryFrom } from '../expiry.ts';
import { asTyped } from '../failure.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../terminal/output.ts';

interface InviteOptions extends GlobalOptions {
  role: string;
  quota?: string;
  expires?: number;
}

export async function invite(options: InviteOptions): Promise<void> {
  const client = await Client.connect(options);
  const { role, quota, expires } = options;
  const view = await client.json<InviteView>('/api/v1/invites', {
    method: 'POST',
    json: {
      role,
      ...(quota === undefined ? {} : { quota: quotaOf(quota) }),
      ...expiryFrom(expires),
    },
  });
  if (options.json) return printJson(view);
  printLine(
    `This invite is for one ${view.role} and expires on ${formatTime(view.expiresAt)}. It is shown only now.`,
  );
  printLine();
  printLine(`In a browser:   ${client.url}${view.url}`);
  printLine(`On a terminal:  peerstor register ${view.invite} --user NAME`);
}

export async function invites(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<InviteView>>('/api/v1/invites');
  if (options.json) return printJson(page);
  printTable(
    ['ROLE', 'QUOTA', 'STATE', 'UNTIL', 'ID'],
    page.items.map((item) => [
      item.role,
      item.quotaBytes === null ? 'none' : formatSize(item.quotaBytes),
      item.state,
      formatTime(item.expiresAt),
      item.id,
    ]),
  );
}

export async function uninvite(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { items } = await client.json<Page<InviteView>>('/api/v1/invites');
  const { id } = onlyOne(called(items, which), 'invite', which);
  await client.json(`/api/v1/invites/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (options.json) return printJson({ withdrawn: id });
  printLine('The invite was withdrawn.');
}

export async function users(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<UserAdminView>>('/api/v1/users');
  if (options.json) return printJson(page);
  printTable(
    ['NAME', 'ROLE', 'KEEPS', 'QUOTA', 'ON DISKS', 'STATE'],
    page.items.map((user) => [
      user.username,
      user.role,
      formatSize(user.usedBytes),
      user.quotaBytes === null ? 'none' : formatSize(user.quotaBytes),
      formatSize(user.storedBytes),
      user.disabled ? 'disabled' : 'active',
    ]),
  );
}

interface SetOptions extends GlobalOptions {
  role?: string;
  quota?: string;
  disable?: boolean;
  enable?: boolean;
}

export async function setUser(name: string, options: SetOptions): Promise<void> {
  const { role, quota, disable, enable } = options;
  const change = {
    ...(role === undefined ? {} : { role }),
    ...(quota === undefined ? {} : { quota: quotaOf(quota) }),
    ...(disable || enable ? { disabled: disable === true } : {}),
  };
  if (Object.keys(change).length === 0) {
    throw new PeerstorError('bad-input', 'Say what to change: --role, --quota, --disable or --enable.');
  }
  const client = await Client.connect(options);
  const { items } = await client.json<Page<UserAdminView>>('/api/v1/users');
  const { id } = onlyOne(
    items.filter((user) => foldName(user.username) === foldName(name) || user.id === name),
    'user',
    name,
  );
  const user = await client.json<UserAdminView>(`/api/v1/users/${id}`, { method: 'PATCH', json: change });
  if (options.json) return printJson(user);
  const limit = user.quotaBytes === null ? 'no quota' : `a quota of ${formatSize(user.quotaBytes)}`;
  printLine(`${user.username}: ${user.role}, ${limit}, ${user.disabled ? 'disabled' : 'active'}.`);
}

function quotaOf(text: string): number | null {
  return text === 'none' ? null : asTyped(() => parseSize(text));
}
