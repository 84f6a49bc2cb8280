import type { SharedEntryView, ShareView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatAgo, formatCount, formatFullTime, formatSize } from '../client/format.ts';
import { mayDo, rightsWords, sharing } from '../client/sharing.ts';
import { attempt, entriesRevision, say, uploads } from '../client/state.ts';
import { CopyField } from '../components/copy-field.tsx';
import { Icon } from '../components/icon.tsx';
import { Row, Rows } from '../components/rows.tsx';
import { UploadButton } from '../components/upload-button.tsx';
import { useLoaded } from './use-loaded.ts';

/** What others shared with this user, and the links that this user gave away. */
export function SharedView() {
  const revision = entriesRevision.value;
  const [shared] = useLoaded(async () => (await sharing.sharedWithMe()).items, revision);
  const [links, reload] = useLoaded(async () => (await sharing.links()).items, revision);
  const end = (link: ShareView) =>
    attempt(async () => {
      await sharing.revokeLink(link.id);
      say(`The link to “${link.entryName ?? 'a deleted entry'}” has ended.`);
      await reload();
    });
  return (
    <>
      <h1>Shared with me</h1>
      <Rows label="Shared with me" count={shared?.length} empty="Nobody has shared anything with you yet.">
        {shared?.map((item) => (
          <SharedRow key={item.entry.id} {...item} />
        ))}
      </Rows>
      <h2>My links</h2>
      <Rows
        label="My links"
        count={links?.length}
        empty="You have no links. Make one with Share, in the menu of a file or folder."
      >
        {links?.map((link) => (
          <LinkRow key={link.id} link={link} onEnd={() => void end(link)} />
        ))}
      </Rows>
    </>
  );
}

function SharedRow({ entry, owner, rights, sharedAt }: SharedEntryView) {
  const facts = `${owner} shared it ${formatAgo(sharedAt)}; you ${rightsWords[rights].replace('can', 'may')}`;
  if (entry.kind === 'folder') {
    return <Row icon="folder" title={<a href={`/drive/${entry.id}`}>{entry.name}</a>} facts={facts} />;
  }
  const link = (
    <a href={api.contentUrl(entry.id)} download title={`Download ${entry.name}`}>
      {entry.name}
    </a>
  );
  const replace = (files: FileList | null) => {
    const file = files?.[0];
    if (file) uploads.add([{ path: [entry.name], replaces: entry.id, file }]);
  };
  return (
    <Row icon="file" title={link} facts={`${formatSize(entry.size)} · ${facts}`}>
      {mayDo(entry).replace && <UploadButton single label="Upload a new version" onFiles={replace} />}
    </Row>
  );
}

const stateWords: Readonly<Record<ShareView['state'], string>> = {
  live: 'live',
  expired: 'expired',
  revoked: 'ended',
  'used-up': 'used up',
};

function LinkRow({ link, onEnd }: { link: ShareView; onEnd(): void }) {
  const { entryName, rights, expiresAt, downloads, maxDownloads, hasPassword, state } = link;
  const name = entryName ?? 'a deleted entry';
  const facts = [
    rightsWords[rights],
    expiresAt === null ? 'no end' : `until ${formatFullTime(expiresAt)}`,
    `used ${maxDownloads === null ? formatCount(downloads, 'time', 'times') : `${downloads} of ${maxDownloads} times`}`,
    ...(hasPassword ? ['password'] : []),
  ].join(' · ');
  return (
    <Row icon="share" title={<strong>{name}</strong>} facts={facts}>
      <span class={`badge ${state === 'live' ? 'ok' : ''}`}>{stateWords[state]}</span>
      {state === 'live' && (
        <>
          <CopyField bare label={`Link to ${name}`} text={link.url} />
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={`End the link to ${name}`}
            onClick={onEnd}
          >
            <Icon name="close" />
          </button>
        </>
      )}
    </Row>
  );
}
